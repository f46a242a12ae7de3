/** Oracle and cases of consensus_vote. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { add, multiply, subtract } from '../oracle.ts';
import { assign, at, rounded } from '../plain.ts';
import { elementwise } from '../stageCases.ts';

type Call = Stages['consensusVote'];

export const oracle: Call = async (total, x, lambda, votes, first, count) => {
  const others = (i: number): number => Math.abs(subtract(at(total, i), at(x, i)));
  const matters = (i: number): boolean => Math.abs(at(x, i)) > multiply(rounded(lambda), others(i));
  assign(votes, count, i => add(first ? 0 : at(votes, i), matters(i) ? 1 : 0));
};

export const { cases, folded } = elementwise<Call>(
  4,
  (round, count) => async (consensusVote, total, x, y, votes) => {
    await consensusVote(total, x, 0.4, votes, round % 3 !== 0, count);
    await consensusVote(total, y, 1, votes, false, count);
  },
);
