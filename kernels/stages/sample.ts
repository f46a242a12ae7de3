/** The values that the self-test works on. */
import type { FloatType } from '../memory.ts';
import type { RandomStream } from './rows.ts';

/** One whole alignment unit, and a second one that ends in the middle of a word of codes. */
export const COUNT = 2048 + 37;

/** Widths of codes to check: one that divides a word, one that straddles words, and the widest. */
export const WIDTHS = [2, 3, 8] as const;

/** Rows that do not begin on whole vectors; the last values belong to no row. */
export const ROWS = { first: 3, rows: 5, length: 401 } as const;

export const STREAM: RandomStream = { seed: [0x12345678, 0x9abcdef0], tensor: 7, task: 2 };

/** Inverse step and zero point of a quantizer. The first values' products round to a number that lies, with the zero
 * point added, halfway between two codes, but do not lie there themselves; since they nearly cancel the zero point, a
 * device that contracts scale·x + zero keeps the difference and gives other codes. */
export const QUANTIZER = { scale: Math.fround(8 / 3), zero: 13 } as const;

/** Values of 2^bits codes, none a multiple of another. */
export const tableOfCodes = (bits: number): Float32Array =>
  Float32Array.from({ length: 1 << bits }, (_, code) => (code - 2.3) / 7);

/** A value below 2^-126, the smallest one that is not, both zeros, and values that f16 and bf16 round to even. */
const SPECIAL = [
  1e-39,
  -1e-39,
  2 ** -126,
  0,
  -0,
  2 ** -24,
  3 * 2 ** -26,
  1 + 2 ** -9,
  1 + 3 * 2 ** -9,
  65519,
];

/** Numerical Recipes' linear congruential generator. */
function* states(seed: number): Generator<number, never> {
  for (let state = seed >>> 0; ;) yield (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0);
}

/** Values next to ties of QUANTIZER at 3 bits, then special ones, then pseudo-random ones. */
export function fine(seed: number): Float32Array {
  const { scale, zero } = QUANTIZER;
  const random = states(seed);
  return Float32Array.from({ length: COUNT }, (_, i) => {
    const state = random.next().value;
    if (i < 64) return (((i % 9) - 0.5 - zero) / scale) * (1 + (i >> 4) * 2 ** -23);
    if (i < 64 + SPECIAL.length) return SPECIAL[i - 64] ?? 0;
    return (state / 2 ** 31 - 2.75) * (i % 7 === 0 ? 0.001 : 2);
  });
}

/** Values of few magnitudes, so that many are equal and some cancel. */
export const coarse = (seed: number): Float32Array =>
  fine(seed).map(value => Math.min(Math.round(value * 2) / 4, 3));

/** Zeros, to be overwritten. */
export const zeros = (): Float32Array => new Float32Array(COUNT);

/** Arbitrary bytes. */
export const bytes = (seed: number): Uint8Array => new Uint8Array(fine(seed).buffer);

/** Elements of a 16-bit type, all of them finite: pseudo-random bits below the largest exponent. */
export function halves(type: Exclude<FloatType, 'F32'>, seed: number): Uint8Array {
  const random = states(seed);
  const halves = Uint16Array.from({ length: COUNT }, () => {
    const bits = random.next().value >>> 16;
    // Exponents of bf16 are drawn near 1, so that sums round.
    return type === 'F16' ? bits & 0xbbff : (bits & 0x83ff) | 0x3c00;
  });
  halves.set([0x0001, 0x83ff, 0x0000, 0x8000], 100);
  return new Uint8Array(halves.buffer);
}

/** Scales of 16 sizes, by their bytes. */
export const scaleOf = (byte: number): number => 1 + (byte % 16) / 16;

/** Bytes of scales of groups of `groupSize` values. */
export const scaleBytes = (groupSize: number): Uint8Array =>
  Uint8Array.from({ length: Math.ceil(COUNT / groupSize) }, (_, group) => (group * 37) % 256);
