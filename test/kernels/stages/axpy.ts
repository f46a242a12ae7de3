/** Oracle and cases of axpy. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { add, multiply } from '../oracle.ts';
import { assign, at, rounded } from '../plain.ts';
import { elementwise } from '../stageCases.ts';

type Call = Stages['axpy'];

export const oracle: Call = async (sum, x, weight, first, count) => {
  const product = (i: number): number => multiply(rounded(weight), at(x, i));
  assign(sum, count, i => (first ? product(i) : add(at(sum, i), product(i))));
};

export const { cases, folded } = elementwise<Call>(2, (round, count) => async (axpy, sum, x) => {
  await axpy(sum, x, 0.3, round % 3 === 0, count);
  await axpy(sum, x, -1.7, false, count);
});
