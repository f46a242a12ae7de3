/** Oracle and cases of delta_minmax; more of them, in chunks, are in cpu.test.ts and webgpu.test.ts. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { stored, TYPES } from '../cases.ts';
import { deltaMinmax } from '../oracle.ts';
import { elementsIn, slice, valuesIn } from '../plain.ts';
import type { StageCase } from '../stageDrive.ts';

type Call = Stages['deltaMinmax'];

export const oracle: Call = async (tuned, reference, out, count) => {
  const { x, extent } = deltaMinmax(elementsIn(tuned, count), reference && elementsIn(reference, count));
  if (out) valuesIn(out).set(x);
  return extent;
};

export function* cases(): Generator<StageCase<Call>> {
  for (const [seed, type] of TYPES.entries()) {
    for (const count of [33, 2048, 8193]) {
      const [t, r] = [stored(type, 'special', count, seed), stored('BF16', 'wide', count, seed + 9)];
      yield {
        inputs: [t.bytes, r.bytes, new Float32Array(count)],
        call: async (deltaMinmax, tuned, reference, out) => [
          await deltaMinmax(slice(tuned, type), undefined, undefined, count),
          await deltaMinmax(slice(tuned, type), slice(reference, 'BF16'), out, count),
        ],
      };
    }
  }
}
