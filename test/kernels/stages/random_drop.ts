/** Oracle and cases of random_drop. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { multiply } from '../oracle.ts';
import { assign, at, rounded, wordOf } from '../plain.ts';
import { streamOf } from '../rowCases.ts';
import { elementwise } from '../stageCases.ts';

type Call = Stages['randomDrop'];

export const oracle: Call = async (x, keepBelow, scale, stream, index, count) => {
  const keeps = (i: number): boolean => wordOf(stream, index + i) < keepBelow;
  assign(x, count, i => (keeps(i) ? multiply(at(x, i), rounded(scale)) : 0));
};

export const { cases, folded } = elementwise<Call>(1, (round, count) => (randomDrop, x) => {
  const keepBelow = [0, 1, 2 ** 31, 429_496_730, 2 ** 32 - 1, 2 ** 32][round % 6] ?? 0;
  const index = [0, 4, 2 ** 32 - 8, 2 ** 34 - 4 * Math.ceil(count / 4) - 4][round % 4] ?? 0;
  return randomDrop(x, keepBelow, 1 / 0.3, streamOf(round), index, count);
});
