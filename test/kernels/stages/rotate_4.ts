/** Oracle and cases of rotate_4. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { rotateCases } from '../codecCases.ts';
import { rotate } from '../codecOracle.ts';
import { valuesIn } from '../plain.ts';
import { FOLDED, valuesOf } from '../stageCases.ts';
import type { StageCase } from '../stageDrive.ts';

type Call = Stages['rotate4'];

export const oracle: Call = async (x, index, count) => {
  valuesIn(x).set(rotate(valuesIn(x).subarray(0, count), index, 4));
};

export function* cases(): Generator<StageCase<Call>> {
  for (const { x, index, count } of rotateCases(4)) {
    yield { inputs: [x], call: (rotate, values) => rotate(values, index, count) };
  }
}

export function* folded(): Generator<StageCase<Call>> {
  const x = valuesOf('weights', FOLDED, 1);
  yield { inputs: [x], call: (rotate, values) => rotate(values, 2 ** 36 + 4, FOLDED) };
}
