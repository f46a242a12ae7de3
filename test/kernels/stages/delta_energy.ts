/** Oracle and cases of delta_energy; more of them, in chunks, are in cpu.test.ts and webgpu.test.ts. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { stored, TYPES } from '../cases.ts';
import { decode, multiply, orderedSum, subtract } from '../oracle.ts';
import { elementsIn, slice } from '../plain.ts';
import type { StageCase } from '../stageDrive.ts';

type Call = Stages['deltaEnergy'];

export const oracle: Call = async (tuned, base, count, before = 0) => {
  const t = decode(elementsIn(tuned, count));
  const b = base && decode(elementsIn(base, count));
  const x = (i: number): number => (b ? subtract(t[i] ?? 0, b[i] ?? 0) : (t[i] ?? 0));
  return orderedSum(i => multiply(x(i), x(i)), count, before);
};

export function* cases(): Generator<StageCase<Call>> {
  for (const [seed, type] of TYPES.entries()) {
    for (const count of [33, 8191, 20_003]) {
      yield {
        inputs: [stored(type, 'weights', count, seed).bytes, stored('F32', 'tiny', count, seed).bytes],
        call: async (deltaEnergy, tuned, base) => [
          await deltaEnergy(slice(tuned, type), undefined, count),
          await deltaEnergy(slice(tuned, type), slice(base), count, 0.1),
        ],
      };
    }
  }
}
