/** Comparisons that name the first difference instead of printing megabytes. */
import { expect } from 'vitest';
import type { SquaredError } from '../../kernels/stages/quantize_pack/stage.ts';
import type { Quantized } from './drive.ts';
import type { Difference, Encoded } from './oracle.ts';

/** Every byte equal. */
export function expectBytes(actual: Uint8Array, expected: Uint8Array): void {
  expect(actual.length).toBe(expected.length);
  if (Buffer.compare(actual, expected) === 0) return;
  const at = actual.findIndex((byte, i) => byte !== expected[i]);
  expect.fail(`byte ${at} of ${actual.length} is ${actual[at]}, expected ${expected[at]}`);
}

/** Every byte and both counts equal. */
export function expectEncoded(actual: Encoded, expected: Encoded): void {
  expectBytes(actual.bytes, expected.bytes);
  expect({ ...actual, bytes: undefined }).toEqual({ ...expected, bytes: undefined });
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

/** Values and extents equal; no values were stored when `actual` has none. */
export function expectDifference(actual: Difference, expected: Difference): void {
  expect(actual.extent).toEqual(expected.extent);
  if (actual.x.length > 0) expectValues(actual.x, expected.x);
}

/** Sums equal where the expected one is finite; elsewhere neither is. */
export function expectLoss(actual: SquaredError, expected: SquaredError): void {
  for (const sum of ['error', 'energy'] as const) {
    if (Number.isFinite(expected[sum])) expect(actual[sum]).toBe(expected[sum]);
    else expect(Number.isFinite(actual[sum])).toBe(false);
  }
}

/** Codes and sums equal. */
export function expectQuantized(actual: Quantized, expected: Quantized): void {
  expectBytes(actual.codes, expected.codes);
  expectLoss(actual.loss, expected.loss);
}
