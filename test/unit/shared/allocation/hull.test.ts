import { describe, expect, test } from 'vitest';
import { convexHull, paretoFront } from '../../../../extension/shared/allocation/hull.ts';
import type { RatePoint } from '../../../../extension/shared/allocation/model.ts';
import { descending } from '../../../../extension/shared/allocation/order.ts';
import { generator } from './cases.ts';

const points = (...pairs: [bytes: number, error: number][]) =>
  pairs.map(([bytes, error]) => ({ bytes, error }));

/** Positions on the lower convex hull of (bytes, weight · error), bytes rising. */
function lowerHull(points: readonly RatePoint[], weight = 1): number[] {
  const columnsOf = (some: readonly RatePoint[]) => ({
    bytes: some.map(({ bytes }) => bytes),
    error: some.map(({ error }) => weight * error),
  });
  const front = paretoFront(columnsOf(points), 0, points.length);
  const sorted = front.map(position => points[position] as RatePoint);
  return convexHull(columnsOf(sorted), 0, front.length).map(i => front[i] as number);
}

describe('the lower convex hull, by hand', () => {
  test.each([
    ['a convex curve stays whole', points([1, 16], [2, 4], [3, 1], [4, 0.25]), [0, 1, 2, 3]],
    ['order does not matter', points([3, 1], [1, 16], [4, 0.25], [2, 4]), [1, 3, 0, 2]],
    [
      'a bump is left out: min–max codes at 2 bits',
      points([2, 0.76], [1, 0.8], [3, 0.18], [4, 0.04]),
      [1, 2, 3],
    ],
    ['several bumps in a row', points([0, 10], [1, 9.9], [2, 9], [3, 8], [4, 0]), [0, 4]],
    ['larger and no better is dominated', points([1, 5], [2, 5], [3, 6], [4, 1]), [0, 3]],
    ['of equal sizes the better', points([1, 5], [1, 4], [2, 1]), [1, 2]],
    ['of equal points the first', points([1, 5], [1, 5], [2, 1], [2, 1]), [0, 2]],
    ['straight stretches keep their points', points([0, 3], [1, 2], [2, 1], [3, 0]), [0, 1, 2, 3]],
    ['a single point', points([7, 7]), [0]],
    ['nothing', [], []],
  ])('%s', (_, given, hull) => expect(lowerHull(given)).toEqual(hull));

  test('a sensitivity of 0 leaves only the smallest', () => {
    expect(lowerHull(points([2, 4], [1, 16], [3, 1]), 0)).toEqual([1]);
    expect(lowerHull(points([2, 4], [1, 16], [3, 1]), 100)).toEqual([1, 0, 2]);
  });
});

describe('descending', () => {
  test('largest first, equal ones by position', () => {
    expect([...descending(Float64Array.of(1, 3, 0, 3, 1e300, 1, 1e-300))]).toEqual([4, 1, 3, 0, 5, 6, 2]);
    expect([...descending(new Float64Array(0))]).toEqual([]);
    expect([...descending(Float64Array.of(2))]).toEqual([0]);
  });
  test('as a sort by comparison', () => {
    const random = generator(3);
    const keys = Float64Array.from({ length: 5000 }, () => 2 ** (40 * random() - 20));
    const expected = [...keys.keys()].sort((a, b) => keys[b]! - keys[a]!);
    expect([...descending(keys)]).toEqual(expected);
  });
});
