/** Oracle and cases of max_magnitude. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { assign, at } from '../plain.ts';
import { elementwise } from '../stageCases.ts';

type Call = Stages['maxMagnitude'];

export const oracle: Call = async (best, x, first, count) => {
  const wins = (i: number): boolean => first || Math.abs(at(x, i)) >= Math.abs(at(best, i));
  assign(best, count, i => (wins(i) ? at(x, i) : at(best, i)));
};

export const { cases, folded } = elementwise<Call>(
  2,
  (round, count) => (maxMagnitude, best, x) => maxMagnitude(best, x, round % 4 === 0, count),
);
