/** Oracle and cases of group_scales; more of them, in chunks, are in group.test.ts. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { scaleCases } from '../groupCases.ts';
import { groupsOf } from '../../../kernels/groups.ts';
import { groupScales } from '../groupOracle.ts';
import { bytesIn, valuesIn } from '../plain.ts';
import type { StageCase } from '../stageDrive.ts';

type Call = Stages['groupScales'];

export const oracle: Call = async (x, groupSize, thresholds, scales, first, count) => {
  const from = first / groupSize;
  const found = groupScales(valuesIn(x).subarray(0, count), groupSize, thresholds);
  bytesIn(scales).set(found.subarray(0, bytesIn(scales).length - from), from);
};

export function* cases(): Generator<StageCase<Call>> {
  for (const { x, groupSize, thresholds } of scaleCases()) {
    if (x.length !== 257) continue;
    yield {
      inputs: [x, new Uint8Array(groupsOf(2048 + x.length, groupSize))],
      call: (groupScales, values, scales) =>
        groupScales(values, groupSize, thresholds, scales, 2048, x.length),
    };
  }
}
