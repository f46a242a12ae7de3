/** Oracle and cases of products. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { multiply, orderedSum } from '../oracle.ts';
import { at } from '../plain.ts';
import { pairs } from '../stageCases.ts';
import type { StageCase } from '../stageDrive.ts';

type Call = Stages['products'];

export const oracle: Call = async (x, y, count, before = { xy: 0, xx: 0, yy: 0 }) => ({
  xy: orderedSum(i => multiply(at(x, i), at(y, i)), count, before.xy),
  xx: orderedSum(i => multiply(at(x, i), at(x, i)), count, before.xx),
  yy: orderedSum(i => multiply(at(y, i), at(y, i)), count, before.yy),
});

export function* cases(): Generator<StageCase<Call>> {
  for (const { inputs, count } of pairs()) {
    yield {
      inputs,
      call: async (products, x, y) => [
        await products(x, y, count),
        await products(x, y, count, { xy: 1, xx: 2, yy: 3 }),
      ],
    };
  }
}

export const folded = cases;
