/**
 * Blocks of 32 values with one scale, and a minimum in those named _1 (ggml: block_q4_0 to block_q8_0, and IQ4_NL, whose
 * codes stand for the values of a table). Codes of 4 bits: the lower halves of 16 bytes, then the upper ones.
 */
import { halfFloats } from '../../../formats/floatBits.ts';

/** Decodes whole blocks. */
export type DecodeBlocks = (codes: Uint8Array, blocks: number, values: Float32Array) => void;

const VALUES = 32;
const HALF = VALUES / 2;

/** Offsets of a block's parts. */
interface Parts {
  readonly bytes: number;
  /** Of the minimum; undefined: codes are around 0. */
  readonly minimum?: number;
  /** Of each code's fifth bit. */
  readonly fifth?: number;
  readonly codes: number;
}

/** Codes of 4 or 5 bits: x = d·q + m, or d·(q − 8) and d·(q − 16). */
function affine({ bytes, minimum, fifth, codes: begin }: Parts): DecodeBlocks {
  const middle = minimum !== undefined ? 0 : fifth === undefined ? 8 : 16;
  return (codes, blocks, values) => {
    const half = halfFloats();
    for (let block = 0, at = 0, to = 0; block < blocks; block++, at += bytes, to += VALUES) {
      const d = half[u16(codes, at)] as number;
      const m = minimum === undefined ? 0 : (half[u16(codes, at + minimum)] as number);
      const high = fifth === undefined ? 0 : u16(codes, at + fifth) | (u16(codes, at + fifth + 2) << 16);
      for (let i = 0; i < HALF; i++) {
        const pair = codes[at + begin + i] as number;
        const first = (pair & 15) | (((high >>> i) & 1) << 4);
        const second = (pair >> 4) | (((high >>> (i + HALF)) & 1) << 4);
        if (minimum === undefined) {
          values[to + i] = d * (first - middle);
          values[to + HALF + i] = d * (second - middle);
        } else {
          values[to + i] = d * first + m;
          values[to + HALF + i] = d * second + m;
        }
      }
    }
  };
}

export const decodeQ4_0 = affine({ bytes: 18, codes: 2 });
export const decodeQ4_1 = affine({ bytes: 20, minimum: 2, codes: 4 });
export const decodeQ5_0 = affine({ bytes: 22, fifth: 2, codes: 6 });
export const decodeQ5_1 = affine({ bytes: 24, minimum: 2, fifth: 4, codes: 8 });

/** x = d·q, q of 8 bits with a sign. */
export const decodeQ8_0: DecodeBlocks = (codes, blocks, values) => {
  const half = halfFloats();
  for (let block = 0, at = 0, to = 0; block < blocks; block++, at += 2 + VALUES, to += VALUES) {
    const d = half[u16(codes, at)] as number;
    for (let i = 0; i < VALUES; i++) values[to + i] = d * (((codes[at + 2 + i] as number) << 24) >> 24);
  }
};

/** ggml's kvalues_iq4nl. */
const IQ4_NL = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

/** x = d·table[q]. */
export const decodeIQ4_NL: DecodeBlocks = (codes, blocks, values) => {
  const half = halfFloats();
  for (let block = 0, at = 0, to = 0; block < blocks; block++, at += 2 + HALF, to += VALUES) {
    const d = half[u16(codes, at)] as number;
    for (let i = 0; i < HALF; i++) {
      const pair = codes[at + 2 + i] as number;
      values[to + i] = d * (IQ4_NL[pair & 15] as number);
      values[to + HALF + i] = d * (IQ4_NL[pair >> 4] as number);
    }
  }
};

/** Two bytes, little-endian. */
export const u16 = (bytes: Uint8Array, at: number): number =>
  (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
