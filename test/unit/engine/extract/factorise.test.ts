/** Factors of made matrices against their whole singular value decomposition. */
import { describe, expect, test } from 'vitest';
import { loadKernels } from '../../../../extension/engine/kernels.ts';
import { factorise, type Wanted } from '../../../../extension/engine/extract/factorise.ts';
import type { Rows } from '../../../../extension/engine/extract/deltaRows.ts';
import { svd } from '../../../../extension/engine/merge/math/svd.ts';
import type { ItemContext } from '../../../../extension/engine/scheduler/item.ts';
import { noise } from '../../../checkpoints.ts';

const context = { kernels: await loadKernels() } as ItemContext;

interface Made extends Rows {
  readonly values: Float32Array;
  /** Times that it was read. */
  passes: number;
}

/** A matrix in memory, passed on seven rows at a time. */
function made(rows: number, cols: number, value: (i: number, j: number) => number): Made {
  const values = Float32Array.from({ length: rows * cols }, (_, at) =>
    value(Math.floor(at / cols), at % cols),
  );
  return {
    rows,
    cols,
    values,
    passes: 0,
    async forEach(_, take) {
      this.passes++;
      for (let first = 0; first < rows; first += 7) {
        const count = Math.min(7, rows - first);
        take({ rows: count, cols, values: values.slice(first * cols, (first + count) * cols) }, first);
      }
      return Promise.resolve();
    },
  };
}

/** Nearly Gaussian. */
function bells(seed: number): () => number {
  const uniform = noise(seed);
  return () => uniform() + uniform() + uniform() + uniform();
}

/** Noise of one strength everywhere: the flattest spectrum that a change can have. */
function flat(rows: number, cols: number): Made {
  const next = bells(3);
  return made(rows, cols, () => next());
}

/** Ten directions over a floor of noise. */
function peaked(rows: number, cols: number): Made {
  const next = bells(5);
  const [u, v] = [rows, cols].map(side => Float64Array.from({ length: 10 * side }, () => next())) as [
    Float64Array,
    Float64Array,
  ];
  return made(rows, cols, (i, j) => {
    let sum = 0.05 * next();
    for (let k = 0; k < 10; k++) sum += u[i * 10 + k]! * v[j * 10 + k]! * 2 ** -k;
    return sum;
  });
}

const squares = (values: Iterable<number>): number =>
  [...values].reduce((sum, value) => sum + value * value, 0);

/** The error of the factors, and the least that any of their rank have (Eckart and Young). */
async function errors(matrix: Made, wanted: Wanted) {
  const { rows, cols, values } = matrix;
  const { left, right, norm } = await factorise(matrix, context, wanted);
  const rank = right.rows;
  let error = 0;
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < cols; j++) {
      let sum = 0;
      for (let k = 0; k < rank; k++) sum += left.values[i * rank + k]! * right.values[k * cols + j]!;
      error += (values[i * cols + j]! - sum) ** 2;
    }
  const { s } = svd(new Float64Array(values), cols, rows);
  expect(norm / squares(values)).toBeCloseTo(1, 6);
  return { error, rank, left, right, s, best: squares(s.subarray(rank)), norm };
}

describe.each([
  ['flat', flat],
  ['peaked', peaked],
])('a %s spectrum', (_, make) => {
  test.each([
    [160, 120, 4],
    [120, 160, 16],
    [300, 200, 32],
    [160, 120, 64],
    [60, 90, 60],
  ])('%i × %i at rank %i: within 1 percent of the best', async (rows, cols, rank) => {
    const found = await errors(make(rows, cols), { most: rank, energy: undefined });
    expect(found.rank).toBe(rank);
    expect(found.error).toBeGreaterThan(0.99 * found.best);
    expect(found.error).toBeLessThan(1.01 * found.best + 1e-10 * found.norm);
  });
});

test('both factors have the square roots of the singular values', async () => {
  const { left, right, s } = await errors(peaked(120, 80), { most: 6, energy: undefined });
  for (let k = 0; k < 6; k++) {
    const column = Array.from({ length: 120 }, (_, i) => left.values[i * 6 + k]!);
    expect(squares(column) / s[k]!).toBeCloseTo(1, 3);
    expect(squares(right.values.subarray(k * 80, (k + 1) * 80)) / s[k]!).toBeCloseTo(1, 3);
  }
});

describe('an energy', () => {
  test.each([0.5, 0.9, 0.99])('%d: the lowest rank that holds it', async energy => {
    const { s, rank, norm } = await errors(peaked(300, 200), { most: 200, energy });
    const held = (count: number) => squares(s.subarray(0, count)) / norm;
    expect(held(rank)).toBeGreaterThanOrEqual(energy);
    // One direction more where the next one is weaker than what is still uncertain of all before it.
    expect(held(Math.max(0, rank - 2))).toBeLessThan(energy);
  });

  test('of a flat spectrum needs more columns than are tried first', async () => {
    const matrix = flat(400, 300);
    const { rank, error, norm } = await errors(matrix, { most: 300, energy: 0.5 });
    expect(rank).toBeGreaterThan(32);
    expect(error).toBeLessThan(0.5 * norm);
  });

  test('ends at the highest rank', async () => {
    const { rank } = await errors(flat(160, 120), { most: 8, energy: 0.9 });
    expect(rank).toBe(8);
  });
});

test('directions that rounding alone has made are left out', async () => {
  const matrix = made(100, 80, (i, j) => Math.fround(Math.sin(i) * Math.cos(j)));
  expect((await errors(matrix, { most: 16, energy: undefined })).rank).toBeLessThanOrEqual(3);
});

test('no change has no factors', async () => {
  const zero = made(100, 80, () => 0);
  const { left, right, norm } = await factorise(zero, context, { most: 4, energy: undefined });
  expect([left.cols, right.rows, norm]).toEqual([0, 0, 0]);
});

test.each([1e-30, 1e-12, 1e12, 1e30])('changes of the size of %d neither vanish nor overflow', async size => {
  const ordinary = peaked(100, 80);
  const matrix = made(100, 80, (i, j) => size * ordinary.values[i * 80 + j]!);
  const { error, best } = await errors(matrix, { most: 4, energy: undefined });
  expect(error).toBeLessThan(1.01 * best);
});

test('a peaked spectrum takes few passes', async () => {
  const matrix = peaked(300, 200);
  await factorise(matrix, context, { most: 10, energy: undefined });
  expect(matrix.passes).toBeLessThanOrEqual(5);
});
