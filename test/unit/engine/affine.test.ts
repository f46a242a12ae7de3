import { describe, expect, test } from 'vitest';
import { affineOf, affineTable } from '../../../extension/engine/codecs/affine/affine.ts';

const extent = (min: number, max: number) => ({ min, max, finite: true });

describe('the published quantizer, worked by hand', () => {
  test('two bits over [-1, 2]: a step of one, zero is code 1', () => {
    const affine = affineOf(extent(-1, 2), 2);
    expect(affine).toEqual({ bits: 2, scale: 1, zero: 1 });
    expect([...affineTable(affine!)]).toEqual([-1, 0, 1, 2]);
  });

  test('a zero point is not clamped: all values above zero', () => {
    const affine = affineOf(extent(10, 13), 2);
    expect(affine).toEqual({ bits: 2, scale: 1, zero: -10 });
    expect([...affineTable(affine!)]).toEqual([10, 11, 12, 13]);
  });

  test.each([
    [-1.5, 2],
    [-2.5, 2],
    [-0.5, 0],
    [0.5, 0],
    [1.5, -2],
  ])('the zero point of a minimum %d rounds half to even: %d', (min, zero) => {
    expect(affineOf(extent(min, min + 3), 2)?.zero).toBe(zero);
  });

  test('the scale is float32, by way of the reciprocal', () => {
    const range = Math.fround(0.1);
    const { scale } = affineOf(extent(0, range), 3)!;
    expect(scale).toBe(Math.fround(7 * Math.fround(1 / range)));
    expect(Math.fround(scale)).toBe(scale);
  });
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])('%d bits have 2^bits values, increasing', bits => {
  const table = affineTable(affineOf(extent(-0.3, 0.7), bits)!);
  expect(table).toHaveLength(2 ** bits);
  for (let i = 1; i < table.length; i++) expect(table[i]).toBeGreaterThan(table[i - 1]!);
});

test('a range too small for a float32 scale is not quantized', () => {
  expect(affineOf(extent(0, 2 ** -126), 8)).toBeUndefined();
});
