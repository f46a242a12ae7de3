/** Oracle and cases of mask_by_sign. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { assign, at } from '../plain.ts';
import { elementwise } from '../stageCases.ts';

type Call = Stages['maskBySign'];

export const oracle: Call = async (x, unified, out, count) => {
  const agrees = (i: number): boolean => Math.sign(at(x, i)) * Math.sign(at(unified, i)) > 0;
  assign(out, count, i => (agrees(i) ? at(unified, i) : 0));
};

export const { cases, folded } = elementwise<Call>(
  3,
  (_, count) => (maskBySign, x, unified, out) => maskBySign(x, unified, out, count),
);
