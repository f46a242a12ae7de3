/** The values that the self-test works on, and how its results are compared. */
import type { Affine } from './backend.ts';
import type { FloatType } from './memory.ts';

/** One whole alignment unit, and a second that is cut off in the middle of a word of codes. */
export const SELF_TEST_COUNT = 2048 + 37;

/** The quantizer of the checks. The first values' products round to a number that lies, with the zero point added,
 * halfway between two codes, but do not lie there themselves; and as they nearly cancel the zero point, a device that
 * contracts scale·x + zero keeps the difference and gives other codes. */
export const selfTestAffine = (bits: number): Affine => ({ bits, scale: Math.fround(8 / 3), zero: 13 });

/** Values of 2^bits codes that are no multiples of one another. */
export const selfTestTable = (bits: number): Float32Array =>
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

/** F32 bytes: values next to ties of selfTestAffine(3), then special ones, then pseudo-random ones. */
export function selfTestValues(seed: number): Uint8Array {
  const values = new Float32Array(SELF_TEST_COUNT);
  const { scale, zero } = selfTestAffine(3);
  let state = seed >>> 0;
  for (let i = 0; i < values.length; i++) {
    // Numerical Recipes' linear congruential generator.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    if (i < 64) values[i] = (((i % 9) - 0.5 - zero) / scale) * (1 + (i >> 4) * 2 ** -23);
    else if (i < 64 + SPECIAL.length) values[i] = SPECIAL[i - 64] ?? 0;
    else values[i] = (state / 2 ** 31 - 2.75) * (i % 7 === 0 ? 0.001 : 2);
  }
  return new Uint8Array(values.buffer);
}

/** The same with some that f16, or bf16 as well, has no room for, and some that are no numbers. */
export function selfTestUnbounded(seed: number): Uint8Array {
  const values = new Float32Array(selfTestValues(seed).buffer);
  values.set(
    [65520, -1e6, 2 ** 128 * (1 - 2 ** -9), -(2 ** 128) * (1 - 2 ** -24), Infinity, -Infinity, NaN],
    100,
  );
  return new Uint8Array(values.buffer);
}

/** Elements of a 16-bit type, all of them finite: pseudo-random bits below the largest exponent. */
export function selfTestHalves(type: FloatType, seed: number): Uint8Array {
  const halves = new Uint16Array(SELF_TEST_COUNT + 1);
  let state = seed >>> 0;
  for (let i = 0; i < halves.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const bits = state >>> 16;
    // Exponents of bf16 are drawn near 1, so that sums round.
    halves[i] = type === 'F16' ? bits & 0xbbff : (bits & 0x83ff) | 0x3c00;
  }
  halves.set([0x0001, 0x83ff, 0x0000, 0x8000], 100);
  return new Uint8Array(halves.buffer, 0, SELF_TEST_COUNT * 2);
}

/** 32-bit FNV-1a of byte sequences, in hex. */
export function digest(...parts: readonly Uint8Array[]): string {
  let hash = 0x811c9dc5;
  for (const part of parts) for (const byte of part) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

/** The bytes of float64 numbers, so that results that are no bytes can be digested too. */
export const bytesOf = (...numbers: readonly number[]): Uint8Array =>
  new Uint8Array(Float64Array.from(numbers).buffer);

/** Values of few magnitudes, so that many are equal and some cancel. */
export const selfTestCoarse = (seed: number): Float32Array =>
  new Float32Array(selfTestValues(seed).buffer).map(value => Math.min(Math.round(value * 2) / 4, 3));
