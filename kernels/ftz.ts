/** 2^-126: smaller magnitudes are flushed. */
const SMALLEST = 2 ** -126;

/** A float32 as the stages take it: rounded to float32, and +0 when it is below 2^-126 in magnitude. */
export function flushed(value: number): number {
  const rounded = Math.fround(value);
  return Math.abs(rounded) < SMALLEST ? 0 : rounded;
}

/** Bits of flushed values. */
export const flushedBits = (...values: readonly number[]): Uint32Array =>
  new Uint32Array(Float32Array.from(values, flushed).buffer);
