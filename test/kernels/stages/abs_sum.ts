/** Oracle and cases of abs_sum. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { orderedSum } from '../oracle.ts';
import { at } from '../plain.ts';
import { pairs } from '../stageCases.ts';
import type { StageCase } from '../stageDrive.ts';

type Call = Stages['absSum'];

export const oracle: Call = async (x, count, before = 0) =>
  orderedSum(i => Math.abs(at(x, i)), count, before);

export function* cases(): Generator<StageCase<Call>> {
  for (const { inputs, count } of pairs()) {
    yield {
      inputs,
      call: async (absSum, x, y) => [await absSum(x, count), await absSum(y, count, 0.1)],
    };
  }
}

export const folded = cases;
