/** Oracle and cases of trim. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { assign, at, keyOf, tally } from '../plain.ts';
import { elementwise } from '../stageCases.ts';

type Call = Stages['trim'];

export const oracle: Call = async (x, threshold, count) => {
  assign(x, count, i => (keyOf(at(x, i)) < threshold ? 0 : at(x, i)));
  return tally(count, i => at(x, i) !== 0);
};

const THRESHOLDS = [0, 1, 0x00800000, 0x3c23d70a, 0x3e800000, 0x7f800000];

export const { cases, folded } = elementwise<Call>(
  1,
  (round, count) => (trim, x) => trim(x, THRESHOLDS[round % 6] ?? 0, count),
);
