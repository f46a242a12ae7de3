/** Comparisons that name the first difference instead of printing megabytes. */
import { expect } from 'vitest';

/** Every byte equal. */
export function expectBytes(actual: Uint8Array, expected: Uint8Array): void {
  expect(actual.length).toBe(expected.length);
  if (Buffer.compare(actual, expected) === 0) return;
  const at = actual.findIndex((byte, i) => byte !== expected[i]);
  expect.fail(`byte ${at} of ${actual.length} is ${actual[at]}, expected ${expected[at]}`);
}

/** Every bit equal where the expected value is finite; elsewhere neither is finite. */
export function expectValues(actual: Float32Array, expected: Float32Array): void {
  expect(actual.length).toBe(expected.length);
  const a = new Uint32Array(actual.buffer, actual.byteOffset, actual.length);
  const b = new Uint32Array(expected.buffer, expected.byteOffset, expected.length);
  for (let i = 0; i < a.length; i++) {
    if (a[i] === b[i]) continue;
    if (!Number.isFinite(actual[i]) && !Number.isFinite(expected[i])) continue;
    expect.fail(`value ${i} of ${a.length} is ${actual[i]}, expected ${expected[i]}`);
  }
}
