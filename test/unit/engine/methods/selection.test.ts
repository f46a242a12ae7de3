import { describe, expect, test } from 'vitest';
import { orderStatistic } from '../../../../extension/engine/merge/methods/orderStatistic.ts';
import { difference, mergeValues, randomTensor } from './harness.ts';

test('orderStatistic is what sorting gives', () => {
  const values = Float32Array.of(3, -1, 0, 1e-45, -1e-45, 3, Infinity, -Infinity, 1e38, -2.5, 1.0000001, 1);
  const sorted = values.slice().sort();
  for (const rank of values.keys()) expect(orderStatistic(values, rank)).toBe(sorted[rank]);
  const many = randomTensor(1000, 1).map(value => Math.round(value * 50));
  const inOrder = many.slice().sort();
  for (const rank of [0, 1, 499, 500, 998, 999])
    expect(orderStatistic(many, rank) + 0).toBe(inOrder[rank]! + 0);
  expect(orderStatistic(values.subarray(3, 4), 0)).toBe(values[3]);
});

describe('nearswap', () => {
  test('by hand', () => {
    // |a − b| = 0.25 ≤ t: b. 1 > t: half of the way, a + t. 0.5 = t: b. 0: both.
    const merged = mergeValues(
      'nearswap',
      [4],
      [
        [0, 0, 0, 1],
        [0.25, -1, 0.5, 1],
      ],
      { t: 0.5 },
    );
    expect([...merged]).toEqual([0.25, -0.5, 0.5, 1]);
  });

  test('t 0 gives the first model, a large t the second', () => {
    const [a, b] = [randomTensor(20, 1), randomTensor(20, 2)];
    expect(mergeValues('nearswap', [4, 5], [a, b], { t: 0 })).toEqual(a);
    expect(mergeValues('nearswap', [4, 5], [a, b], { t: 3 })).toEqual(b);
  });
});

describe('arcee_fusion', () => {
  test('one row by hand', () => {
    // The divergence D of the row is a factor of all: importance D·(1, 2, 3, 10). Quartiles at places 0, 1, 2 of 4:
    // threshold D·(2 + 1.5·(3 − 1)) = 5·D.
    expect([
      ...mergeValues(
        'arcee_fusion',
        [4],
        [
          [0, 0, 0, 0],
          [1, 2, 3, 10],
        ],
      ),
    ]).toEqual([0, 0, 0, 10]);
  });

  test('a row that is only shifted has no divergence', () => {
    // Importance 0, 0, 0, 0 and D·(1, 2, 4, 10); quartiles at places 1, 3, 5 of 8 are 0, 0 and 2·D: threshold 3·D.
    const a = [1, 2, 3, 4, 0, 0, 0, 0];
    const b = [8, 9, 10, 11, 1, 2, 4, 10];
    expect([...mergeValues('arcee_fusion', [2, 4], [a, b])]).toEqual([1, 2, 3, 4, 0, 0, 4, 10]);
  });

  test('rows along the last dimension', () => {
    const a = [0, 1, 0, 2, 0, 3, 0, 4];
    const b = [1, 0, 2, 0, 0, 3, 1, 4];
    expect(mergeValues('arcee_fusion', [2, 2, 2], [a, b])).toEqual(
      mergeValues('arcee_fusion', [4, 2], [a, b]),
    );
  });

  test('rows of one value: the second model', () => {
    expect([
      ...mergeValues(
        'arcee_fusion',
        [3, 1],
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
      ),
    ]).toEqual([4, 5, 6]);
  });

  test('values far apart neither overflow nor vanish', () => {
    const merged = mergeValues(
      'arcee_fusion',
      [4],
      [
        [0, 0, 0, 0],
        [1e4, -1e4, 1, 2],
      ],
    );
    expect(merged.every(Number.isFinite)).toBe(true);
  });
});

describe('sce', () => {
  const a = [4, -1, 3, 0];
  const b = [2, 2, -3, 0];

  test('by hand, all positions', () => {
    // Energies 16 + 1 + 9 = 26 and 4 + 4 + 9 = 17. Sums 6, 1, 0, 0: all +. Position 0: both agree; 1: b alone;
    // 2: the sum 0 counts as +, a alone; 3: nobody.
    expect([...mergeValues('sce', [4], [a, b])]).toEqual([Math.fround((26 * 4 + 17 * 2) / 43), 2, 3, 0]);
  });

  test('by hand, the positions where tasks differ', () => {
    // Variances 1, 2.25, 9, 0: three are not 0; floor(0.5·3) = 1 stays, floor(0.67·3) = 2 stay.
    expect([...mergeValues('sce', [4], [a, b], { select_topk: 0.5 })]).toEqual([0, 0, 3, 0]);
    // With positions 1 and 2: energies 1 + 9 and 4 + 9, each position has one task of the right sign.
    expect([...mergeValues('sce', [4], [a, b], { select_topk: 0.67 })]).toEqual([0, 2, 3, 0]);
  });

  test('of equal variances the earlier position stays', () => {
    const merged = mergeValues(
      'sce',
      [2, 2],
      [
        [1, 1, 1, 1],
        [0, 0, 0, 0],
      ],
      { select_topk: 0.5 },
    );
    expect([...merged]).toEqual([1, 1, 0, 0]);
  });

  test('one task has no variance to select by', () => {
    expect([...mergeValues('sce', [4], [a], { select_topk: 0.9 })]).toEqual([0, 0, 0, 0]);
  });
});

describe('pcb', () => {
  // n of a: 1, ½, 0, 1; of b: 1, ½, 0, ½. Sum 4, 0, 0, −1. Balances exp(2·n²)·tanh(τ·sum):
  // a: e²·tanh 8, 0, 0, e²·tanh 2; b: e²·tanh 8, 0, 0, −e^½·tanh 1 (against the others).
  const a = [2, 1, 0, -2];
  const b = [2, -1, 0, 1];

  test('by hand', () => {
    // ratio 0.75: the quantile is place floor(4·0.25) = 1 in rising order: 0 for both. Shares of a: 1, 0, 0,
    // tanh 2 / tanh 8; of b: 1, 0, 0, 0. Position 0: (2 + 2) / 2; position 3: a alone.
    const merged = mergeValues('pcb', [4], [a, b], { ratio: 0.75, clamp: 0 });
    expect(difference(merged, [2, 0, 0, -2])).toBeLessThan(1e-7);
    // ratio 0.5: place 2, which for a is e²·tanh 2: position 3 is out.
    const fewer = mergeValues('pcb', [4], [a, b], { ratio: 0.5, clamp: 0 });
    expect(difference(fewer, [2, 0, 0, 0])).toBeLessThan(1e-7);
  });

  test('weights scale the tasks, not their shares', () => {
    const merged = mergeValues('pcb', [4], [a, b], { ratio: 0.75, clamp: 0 }, [{ weight: 1 }, { weight: 3 }]);
    expect(difference(merged, [(2 + 3 * 2) / 2, 0, 0, -2])).toBeLessThan(1e-7);
  });

  test('the clamp takes the ends of the magnitudes', () => {
    // One of ten at either end: magnitudes 2, 2, 3 … 9, 9. With ratio 1 only the smallest balance, of 1, is out.
    const merged = mergeValues('pcb', [10], [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]], { ratio: 1, clamp: 0.1 });
    expect(difference(merged, [0, 2, 3, 4, 5, 6, 7, 8, 9, 9])).toBeLessThan(1e-7);
  });

  test('equal magnitudes, frequent in quantized vectors: all at the maximum take part', () => {
    const merged = mergeValues('pcb', [6], [[1, 1, -1, 0, 0, 0]], { ratio: 0.1 });
    expect(difference(merged, [1, 1, -1, 0, 0, 0])).toBeLessThan(1e-7);
  });

  test('a share that is less than one value still keeps the strongest', () => {
    expect([...mergeValues('pcb', [3], [[0.5, -2, 1]], { clamp: 0 })]).toEqual([0, -2, 0]);
  });

  test('tasks that cancel leave the base', () => {
    expect(
      [
        ...mergeValues(
          'pcb',
          [3],
          [
            [1, -2, 3],
            [-1, 2, -3],
          ],
        ),
      ].map(Math.abs),
    ).toEqual([0, 0, 0]);
  });
});
