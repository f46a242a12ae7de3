import { expect, test } from 'vitest';
import { orthonormalise } from '../../../../extension/engine/extract/orthonormal.ts';
import { products } from '../../../../extension/engine/merge/math/matrix.ts';
import { noise } from '../../../checkpoints.ts';

/** The largest deviation of AᵀA from a diagonal matrix. */
function deviation(a: Float64Array, length: number, diagonal: readonly number[]): number {
  const count = diagonal.length;
  const gram = products(a, count, a, count, length);
  return Math.max(
    ...gram.map((value, at) => Math.abs(value - (at % (count + 1) === 0 ? diagonal[at % count]! : 0))),
  );
}

test('columns that are almost parallel become orthogonal to rounding', () => {
  const next = noise(1);
  const [length, count] = [50, 8];
  // Hilbert-like: a condition beyond 1e9.
  const a = Float64Array.from(
    { length: length * count },
    (_, at) => 1 / (1 + (at % length) + Math.floor(at / length)) + 1e-12 * next(),
  );
  orthonormalise(a, length, count);
  expect(deviation(a, length, Array<number>(count).fill(1))).toBeLessThan(1e-13);
});

test('a column that depends on others becomes zero', () => {
  const a = Float64Array.of(1, 1, 0, 2, 2, 0, 0, 0, 3);
  orthonormalise(a, 3, 3);
  expect(deviation(a, 3, [1, 0, 1])).toBeLessThan(1e-15);
});
