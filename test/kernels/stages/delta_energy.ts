/** Oracle and cases of delta_energy. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { SUM_BLOCK } from '../../../kernels/stages/sums.ts';
import { countOf, OFFSET, raw, stored, TYPES } from '../cases.ts';
import { decode, multiply, orderedSum, subtract, type Stored } from '../oracle.ts';
import { elementsIn, slice } from '../plain.ts';
import { COUNTS, FOLDED } from '../stageCases.ts';
import type { StageCase } from '../stageDrive.ts';

type Call = Stages['deltaEnergy'];

export const oracle: Call = async (tuned, base, count, before = 0) => {
  const t = decode(elementsIn(tuned, count));
  const b = base && decode(elementsIn(base, count));
  const x = (i: number): number => (b ? subtract(t[i] ?? 0, b[i] ?? 0) : (t[i] ?? 0));
  return orderedSum(i => multiply(x(i), x(i)), count, before);
};

/** The whole sum, then that of the rest from an offset on, added to it. */
const energy = (t: Stored, b: Stored | undefined): StageCase<Call> => {
  const count = countOf(t);
  return {
    inputs: [t.bytes, b?.bytes ?? new Uint8Array(4)],
    call: async (deltaEnergy, tuned, base) => {
      const from = (first: number) => [slice(tuned, t.type, first), b && slice(base, b.type, first)] as const;
      const whole = await deltaEnergy(...from(0), count);
      const rest = count > OFFSET && (await deltaEnergy(...from(OFFSET), count - OFFSET, whole));
      return [whole, rest];
    },
  };
};

/** Squares around the smallest normal float32: some are flushed, some are not. */
const small = (count: number, seed: number): Stored => ({
  type: 'F32',
  bytes: new Uint8Array(raw('weights', count, seed).map(value => value * 2 ** -57).buffer),
});

export function* cases(): Generator<StageCase<Call>> {
  for (const count of COUNTS) {
    for (const type of TYPES) {
      for (const kind of ['weights', 'tiny'] as const)
        yield energy(stored(type, kind, count, 1), stored(TYPES[count % 3] ?? 'F32', kind, count, 2));
      yield energy(stored(type, 'weights', count, 5), undefined);
    }
    yield energy(small(count, 3), small(count, 4));
  }
}

/** The second has 16 blocks on a grid of 3 by 6: workgroups past the last block leave the sums alone. */
export function* folded(): Generator<StageCase<Call>> {
  for (const count of [FOLDED, 16 * SUM_BLOCK])
    yield energy(stored('F32', 'weights', count, 3), stored('BF16', 'weights', count, 4));
}
