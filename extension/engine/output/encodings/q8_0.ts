/**
 * ggml's Q8_0: blocks of 32 values, each a float16 scale d and 32 signed bytes q, x = d·q. Rounded as by the gguf package
 * (quants.py, Q8_0.quantize_blocks): q = x·(1/d) with d before it is rounded, halves away from zero.
 */
import { elementCount } from '../../../formats/dtype.ts';
import { narrowed } from '../../../formats/floatBits.ts';
import type { EncodingKind, TensorEncoder } from './encoding.ts';

export interface Q8_0 {
  readonly kind: 'q8_0';
}

export const Q8_0_VALUES = 32;
const BLOCK_BYTES = 2 + Q8_0_VALUES;
/** A code of float16 beyond which d is infinite. */
const INFINITE = 0x7c00;

class Q8_0Encoder implements TensorEncoder {
  overflowed = 0;
  /** Values of a block that has begun. */
  readonly #rest = new Float32Array(Q8_0_VALUES);
  #filled = 0;

  encode(values: Float32Array): readonly Uint8Array<ArrayBuffer>[] {
    const all = new Float32Array(this.#filled + values.length);
    all.set(this.#rest.subarray(0, this.#filled));
    all.set(values, this.#filled);
    const blocks = Math.floor(all.length / Q8_0_VALUES);
    const rest = all.subarray(blocks * Q8_0_VALUES);
    this.#rest.set(rest);
    this.#filled = rest.length;
    const bytes = new Uint8Array(blocks * BLOCK_BYTES);
    const scales = new Float32Array(blocks);
    for (let block = 0; block < blocks; block++)
      scales[block] = encodeBlock(all, block * Q8_0_VALUES, bytes, block * BLOCK_BYTES + 2);
    const halves = narrowed(scales, 'F16');
    for (let block = 0; block < blocks; block++) {
      const half = halves[block] as number;
      if (half === INFINITE && Number.isFinite(scales[block])) this.overflowed += Q8_0_VALUES;
      bytes[block * BLOCK_BYTES] = half & 0xff;
      bytes[block * BLOCK_BYTES + 1] = half >> 8;
    }
    return [bytes];
  }
}

/** Writes the codes of a block. @returns its scale, NaN where one of the values is */
function encodeBlock(values: Float32Array, begin: number, out: Uint8Array, to: number): number {
  let most = 0;
  for (let i = begin; i < begin + Q8_0_VALUES; i++) {
    const size = Math.abs(values[i] as number);
    if (size > most || Number.isNaN(size)) most = size;
  }
  const scale = Math.fround(most / 127);
  const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
  for (let i = 0; i < Q8_0_VALUES; i++) {
    const code = Math.fround((values[begin + i] as number) * inverse);
    // Up to 127 in magnitude: a half more, cut off, is nearest, halves away from zero.
    out[to + i] = code < 0 ? -Math.trunc(0.5 - code) : Math.trunc(code + 0.5);
  }
  return scale;
}

export const q8_0: EncodingKind<Q8_0> = {
  kind: 'q8_0',
  type: () => 'Q8_0',
  bytes: (_, shape) => (elementCount(shape) / Q8_0_VALUES) * BLOCK_BYTES,
  kept: () => 4 * Q8_0_VALUES,
  encoder: () => new Q8_0Encoder(),
};
