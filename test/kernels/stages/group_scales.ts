/** Oracle and cases of group_scales. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { groupsOf } from '../../../kernels/groups.ts';
import { longScales, scaleCases, type ScaleCase } from '../groupCases.ts';
import { groupScales } from '../groupOracle.ts';
import { OFFSET } from '../cases.ts';
import { bytesIn, valuesIn } from '../plain.ts';
import { untouched, type StageCase } from '../stageDrive.ts';

type Call = Stages['groupScales'];

export const oracle: Call = async (x, groupSize, thresholds, scales, first, count) => {
  const from = first / groupSize;
  const found = groupScales(valuesIn(x).subarray(0, count), groupSize, thresholds);
  bytesIn(scales).set(found.subarray(0, bytesIn(scales).length - from), from);
};

/** At the start, and at an offset. */
const scaled = ({ x, groupSize, thresholds }: ScaleCase): StageCase<Call> => ({
  inputs: [x, ...[0, OFFSET].map(first => untouched(groupsOf(first + x.length, groupSize)))],
  call: async (groupScales, values, scales, behind) => {
    await groupScales(values, groupSize, thresholds, scales, 0, x.length);
    await groupScales(values, groupSize, thresholds, behind, OFFSET, x.length);
  },
});

export function* cases(): Generator<StageCase<Call>> {
  for (const one of scaleCases()) yield scaled(one);
}

export function* folded(): Generator<StageCase<Call>> {
  yield scaled(longScales());
}
