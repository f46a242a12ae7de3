/**
 * K-quants: blocks of 256 values in groups of 16 or 32, each with a scale of its own that is itself a small integer times
 * the block's (ggml: block_q2_K to block_q6_K).
 */
import { halfFloats } from '../../../formats/floatBits.ts';
import { u16, type DecodeBlocks } from './legacyBlocks.ts';

/** x = d·s·q − dmin·m: 16 scales s and minima m of 4 bits, values of 2 bits, four to a byte, 32 bytes apart. */
export const decodeQ2_K: DecodeBlocks = (codes, blocks, values) => {
  const half = halfFloats();
  for (let block = 0, at = 0, to = 0; block < blocks; block++, at += 84) {
    const d = half[u16(codes, at + 80)] as number;
    const dmin = half[u16(codes, at + 82)] as number;
    for (let group = 0; group < 16; group++, to += 16) {
      const scale = codes[at + group] as number;
      const [factor, minimum] = [d * (scale & 15), dmin * (scale >> 4)];
      const [from, shift] = [at + 16 + twoBits(group), group & 6];
      for (let i = 0; i < 16; i++)
        values[to + i] = factor * (((codes[from + i] as number) >> shift) & 3) - minimum;
    }
  }
};

/** Where a group's values of 2 bits begin: each half of the block has 32 bytes, the group's bits are at `group & 6`. */
const twoBits = (group: number): number => (group >> 3) * 32 + (group & 1) * 16;

/** x = d·(s − 32)·(q − 4): q has a third bit in a mask, in which 0 takes 4 away; 16 scales s of 6 bits. */
export const decodeQ3_K: DecodeBlocks = (codes, blocks, values) => {
  const half = halfFloats();
  for (let block = 0, at = 0, to = 0; block < blocks; block++, at += 110) {
    const d = half[u16(codes, at + 108)] as number;
    for (let group = 0; group < 16; group++, to += 16) {
      const low = ((codes[at + 96 + (group & 7)] as number) >> (group < 8 ? 0 : 4)) & 15;
      const high = ((codes[at + 104 + (group & 3)] as number) >> (2 * (group >> 2))) & 3;
      const factor = d * ((low | (high << 4)) - 32);
      const [from, mask, shift] = [at + 32 + twoBits(group), at + (group & 1) * 16, group & 6];
      for (let i = 0; i < 16; i++) {
        const third = ((codes[mask + i] as number) >> (group >> 1)) & 1;
        values[to + i] = factor * ((((codes[from + i] as number) >> shift) & 3) - (third === 0 ? 4 : 0));
      }
    }
  }
};

/**
 * x = d·s·q − dmin·m: 8 scales s and minima m of 6 bits in 12 bytes, values of 4 bits, of which two groups share 32
 * bytes, and in Q5_K a fifth bit.
 */
function affine(bytes: number, fifth: number | undefined, begin: number): DecodeBlocks {
  return (codes, blocks, values) => {
    const half = halfFloats();
    for (let block = 0, at = 0, to = 0; block < blocks; block++, at += bytes) {
      const d = half[u16(codes, at)] as number;
      const dmin = half[u16(codes, at + 2)] as number;
      for (let group = 0; group < 8; group++, to += 32) {
        const factor = d * scaleOf(codes, at + 4, group);
        const minimum = dmin * minimumOf(codes, at + 4, group);
        const [from, shift] = [at + begin + (group >> 1) * 32, (group & 1) * 4];
        if (fifth === undefined)
          for (let i = 0; i < 32; i++)
            values[to + i] = factor * (((codes[from + i] as number) >> shift) & 15) - minimum;
        else
          for (let i = 0; i < 32; i++) {
            const high = (((codes[at + fifth + i] as number) >> group) & 1) << 4;
            values[to + i] = factor * ((((codes[from + i] as number) >> shift) & 15) | high) - minimum;
          }
      }
    }
  };
}

/**
 * Of the 12 bytes (ggml's get_scale_min_k4), the first four have four scales, the next four the minima, in their lower 6
 * bits. The upper 2 bits belong to the other four, of which the last four bytes have the rest: a scale's below, a
 * minimum's above.
 */
const scaleOf = (codes: Uint8Array, at: number, group: number): number =>
  group < 4
    ? (codes[at + group] as number) & 63
    : ((codes[at + 4 + group] as number) & 15) | (((codes[at + group - 4] as number) >> 6) << 4);

const minimumOf = (codes: Uint8Array, at: number, group: number): number =>
  group < 4
    ? (codes[at + 4 + group] as number) & 63
    : ((codes[at + 4 + group] as number) >> 4) | (((codes[at + group] as number) >> 6) << 4);

export const decodeQ4_K = affine(144, undefined, 16);
export const decodeQ5_K = affine(176, 16, 48);

/** x = d·s·(q − 32): 16 scales s of 8 bits with a sign; values have their lower 4 bits and upper 2 bits apart. */
export const decodeQ6_K: DecodeBlocks = (codes, blocks, values) => {
  const half = halfFloats();
  for (let block = 0, at = 0, to = 0; block < blocks; block++, at += 210) {
    const d = half[u16(codes, at + 208)] as number;
    for (let group = 0; group < 16; group++, to += 16) {
      const factor = d * (((codes[at + 192 + group] as number) << 24) >> 24);
      // Each half of a block has 64 bytes of lower bits, for 128 values, and 32 of upper ones.
      const quarter = (group >> 1) & 3;
      const odd = (group & 1) * 16;
      const lower = at + (group >> 3) * 64 + (quarter & 1) * 32 + odd;
      const upper = at + 128 + (group >> 3) * 32 + odd;
      const [shift, above] = [(quarter >> 1) * 4, quarter * 2];
      for (let i = 0; i < 16; i++) {
        const low = ((codes[lower + i] as number) >> shift) & 15;
        const high = ((codes[upper + i] as number) >> above) & 3;
        values[to + i] = factor * ((low | (high << 4)) - 32);
      }
    }
  }
};
