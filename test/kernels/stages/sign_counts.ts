/** Oracle and cases of sign_counts. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { at, tally } from '../plain.ts';
import { elementwise } from '../stageCases.ts';

type Call = Stages['signCounts'];

export const oracle: Call = async (x, count) => ({
  positive: tally(count, i => at(x, i) > 0),
  negative: tally(count, i => at(x, i) < 0),
});

export const { cases, folded } = elementwise<Call>(1, (_, count) => (signCounts, x) => signCounts(x, count));
