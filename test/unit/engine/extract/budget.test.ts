import { expect, test } from 'vitest';
import { ranksWithin } from '../../../../extension/engine/extract/budget.ts';

const of = (bytes: number, ...energies: number[]) => ({ bytes, energies: Float64Array.from(energies) });

test('directions are bought in the order of energy per byte', () => {
  // Per byte: 4, 1, 0.1 and 3, 2.
  const modules = [of(10, 40, 10, 1), of(20, 60, 40)];
  const bought = [0, 9, 10, 30, 50, 60, 70, 1000].map(budget => ranksWithin(modules, budget));
  expect(bought).toEqual([
    [0, 0],
    [0, 0],
    [1, 0],
    [1, 1],
    [1, 2],
    [2, 2],
    [3, 2],
    [3, 2],
  ]);
});

test('what does not fit makes room for what does', () => {
  expect(ranksWithin([of(30, 300), of(10, 50, 40)], 20)).toEqual([0, 2]);
});

test('modules that did not change get nothing', () => {
  expect(ranksWithin([of(10), of(10, 1)], 100)).toEqual([0, 1]);
});
