import { describe, expect, test } from 'vitest';
import { products, transposed } from '../../../../extension/engine/merge/math/matrix.ts';
import { svd } from '../../../../extension/engine/merge/math/svd.ts';
import { randomNumbers } from './harness.ts';

const random = (m: number, n: number, seed = 1) => randomNumbers(m * n, seed);

/** Element by element, by column. */
const matrix = (m: number, n: number, value: (i: number, j: number) => number) =>
  Float64Array.from({ length: m * n }, (_, at) => value(at % m, Math.floor(at / m)));

/** U·diag(s)·Vᵀ. */
function product(u: Float64Array, s: ArrayLike<number>, v: Float64Array, m: number, n: number): Float64Array {
  const scaled = u.map((value, at) => value * s[Math.floor(at / m)]!);
  return products(transposed(scaled, m, s.length), m, transposed(v, n, s.length), n, s.length);
}

/** A square matrix with the given singular values. */
function withValues(n: number, value: (i: number) => number): Float64Array {
  const s = Array.from({ length: n }, (_, i) => value(i));
  return product(svd(random(n, n, 5), n, n).u, s, svd(random(n, n, 6), n, n).u, n, n);
}

const noise = random(60, 60, 9);
const CASES: readonly (readonly [string, number, number, Float64Array])[] = [
  ['random', 60, 60, noise],
  ['random, larger', 200, 200, random(200, 200)],
  ['tall', 150, 40, random(150, 40)],
  ['very tall', 700, 3, random(700, 3)],
  ['wide', 40, 150, random(40, 150)],
  ['one row', 1, 9, random(1, 9)],
  ['one column', 9, 1, random(9, 1)],
  ['one element', 1, 1, Float64Array.of(-3)],
  ['rank 7', 60, 50, products(random(7, 60), 60, random(7, 50, 2), 50, 7)],
  ['rank 1, all equal', 33, 33, matrix(33, 33, () => 2)],
  ['zero columns and rows', 20, 20, matrix(20, 20, (i, j) => (i % 2 && j % 3 ? i - j + 0.5 : 0))],
  ['identity', 30, 30, matrix(30, 30, (i, j) => (i === j ? 1 : 0))],
  ['a permutation with signs', 12, 12, matrix(12, 12, (i, j) => (j === (5 * i) % 12 ? (-1) ** i : 0))],
  ['condition 1e12', 60, 60, withValues(60, i => 10 ** ((-12 * i) / 59))],
  ['condition 1e20', 60, 60, withValues(60, i => 10 ** ((-20 * i) / 59))],
  ['two clusters', 60, 60, withValues(60, i => (i < 30 ? 1 : 1e-9))],
  ['Hilbert', 40, 40, matrix(40, 40, (i, j) => 1 / (1 + i + j))],
  ['graded rows', 60, 60, matrix(60, 60, (i, j) => noise[i + 60 * j]! * 10 ** (-i / 4))],
  ['graded columns', 60, 60, matrix(60, 60, (i, j) => noise[i + 60 * j]! * 10 ** (-j / 4))],
  ['graded both ways', 60, 60, matrix(60, 60, (i, j) => noise[i + 60 * j]! * 10 ** (-(i + j) / 4))],
  ['few distinct values', 60, 60, noise.map(value => Math.round(1.5 * value))],
  ['tiny', 30, 30, random(30, 30).map(value => value * 1e-300)],
  ['huge', 30, 30, random(30, 30).map(value => value * 1e300)],
];

describe.each(CASES)('%s, %i × %i', (_, m, n, a) => {
  const { u, s, v, rank } = svd(a, m, n);
  const largest = a.reduce((max, value) => Math.max(max, Math.abs(value)), 0);

  test('U·S·Vᵀ is A to 1e-10', () => {
    const rebuilt = product(
      u,
      s.map(value => value / largest),
      v,
      m,
      n,
    );
    const error = a.reduce((sum, value, i) => sum + (value / largest - rebuilt[i]!) ** 2, 0);
    const energy = a.reduce((sum, value) => sum + (value / largest) ** 2, 0);
    expect(Math.sqrt(error / energy)).toBeLessThan(1e-10);
  });

  test('U and V are orthonormal to 1e-10', () => {
    for (const [q, length] of [
      [u, m],
      [v, n],
    ] as const) {
      const gram = products(q, rank, q, rank, length);
      const error = gram.reduce((sum, value, at) => sum + (value - (at % (rank + 1) === 0 ? 1 : 0)) ** 2, 0);
      expect(Math.sqrt(error)).toBeLessThan(1e-10);
    }
  });

  test('singular values are positive and fall; the same bytes twice', () => {
    expect(s).toHaveLength(rank);
    expect(s.every((value, i) => value > 0 && (i === 0 || value <= s[i - 1]!))).toBe(true);
    expect(svd(a, m, n)).toEqual({ u, s, v, rank });
  });
});

test('by hand', () => {
  // AᵀA of [3 0; 4 5] is [25 20; 20 25], with eigenvalues 45 and 5.
  const { s } = svd(Float64Array.of(3, 4, 0, 5), 2, 2);
  expect(s[0]).toBeCloseTo(Math.sqrt(45), 13);
  expect(s[1]).toBeCloseTo(Math.sqrt(5), 13);
});

test('rank', () => {
  expect(svd(products(random(7, 60), 60, random(7, 50, 2), 50, 7), 60, 50).rank).toBe(7);
  expect(
    svd(
      matrix(33, 33, () => 2),
      33,
      33,
    ).rank,
  ).toBe(1);
  const clusters = withValues(60, i => (i < 30 ? 1 : 1e-9));
  expect(svd(clusters, 60, 60).rank).toBe(60);
  expect(svd(clusters, 60, 60, 2 ** -23).rank).toBe(30);
});

test('known singular values are found', () => {
  const { s } = svd(
    withValues(60, i => 10 ** ((-12 * i) / 59)),
    60,
    60,
  );
  for (const [i, value] of s.entries()) expect(Math.abs(value - 10 ** ((-12 * i) / 59))).toBeLessThan(1e-14);
});

test('nothing has rank 0', () => {
  for (const [m, n] of [
    [3, 4],
    [0, 4],
    [4, 0],
    [0, 0],
  ] as const)
    expect(svd(new Float64Array(m * n), m, n)).toMatchObject({ rank: 0, s: new Float64Array() });
});

test('the matrix is left as it is', () => {
  const a = random(8, 5);
  const before = a.slice();
  svd(a, 8, 5);
  expect(a).toEqual(before);
});

test.each([NaN, Infinity, -Infinity])('%d is refused', value => {
  const a = random(4, 4);
  a[7] = value;
  expect(() => svd(a, 4, 4)).toThrow('NaN or infinite');
});

test('products of panels, blocks and rests', () => {
  for (const [p, q, length] of [
    [9, 7, 600],
    [4, 4, 256],
    [3, 10, 5],
    [8, 1, 257],
  ] as const) {
    const [x, y] = [random(length, p), random(length, q, 3)];
    const expected = matrix(p, q, (i, j) => {
      let sum = 0;
      for (let k = 0; k < length; k++) sum += x[i * length + k]! * y[j * length + k]!;
      return sum;
    });
    const error = products(x, p, y, q, length).map((value, at) => Math.abs(value - expected[at]!));
    expect(Math.max(...error)).toBeLessThan(1e-11);
  }
});
