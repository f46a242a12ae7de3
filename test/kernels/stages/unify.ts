/** Oracle and cases of unify. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { assign, at } from '../plain.ts';
import { elementwise } from '../stageCases.ts';

type Call = Stages['unify'];

export const oracle: Call = async (total, x, unified, first, count) => {
  const candidate = (i: number): number => {
    const sign = at(total, i) > 0 ? 1 : -1;
    return Math.sign(at(x, i)) === sign ? at(x, i) : 0;
  };
  const larger = (a: number, b: number): number => (Math.abs(a) > Math.abs(b) ? a : b);
  assign(unified, count, i => (first ? candidate(i) : larger(candidate(i), at(unified, i))));
};

export const { cases, folded } = elementwise<Call>(
  3,
  (round, count) => (unify, total, x, unified) => unify(total, x, unified, round % 4 === 0, count),
);
