/** Oracle and cases of mean_delta; more of them, in chunks, are in cpu.test.ts and webgpu.test.ts. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { raw, stored, TASKS, TYPES } from '../cases.ts';
import { meanDelta } from '../oracle.ts';
import { elementsIn, slice, valuesIn } from '../plain.ts';
import type { StageCase } from '../stageDrive.ts';

type Call = Stages['meanDelta'];

export const oracle: Call = async (sum, tasks, base, out, count) => {
  const { x, extent } = meanDelta(valuesIn(sum).slice(0, count), tasks, elementsIn(base, count));
  valuesIn(out).set(x);
  return extent;
};

export function* cases(): Generator<StageCase<Call>> {
  for (const [seed, tasks] of TASKS.entries()) {
    const type = TYPES[seed % 3] ?? 'F32';
    for (const count of [33, 8193]) {
      yield {
        inputs: [
          raw('wide', count, seed),
          stored(type, 'special', count, seed + 9).bytes,
          new Float32Array(count),
        ],
        call: async (meanDelta, sum, base, out) => [
          await meanDelta(sum, tasks, slice(base, type), out, count),
          await meanDelta(sum, tasks, slice(base, type), sum, count),
        ],
      };
    }
  }
}
