/** Oracle and cases of keep_voted. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { assign, at, tally } from '../plain.ts';
import { elementwise } from '../stageCases.ts';

type Call = Stages['keepVoted'];

export const oracle: Call = async (x, votes, least, count) => {
  assign(x, count, i => (at(votes, i) < least ? 0 : at(x, i)));
  return tally(count, i => at(x, i) !== 0);
};

export const { cases, folded } = elementwise<Call>(
  2,
  (round, count) => (keepVoted, x, votes) => keepVoted(x, votes, round % 2 === 0 ? 0.125 : 0, count),
);
