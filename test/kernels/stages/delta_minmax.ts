/** Oracle and cases of delta_minmax. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { countOf, everyHalf, OFFSET, sizes, stored, TYPES } from '../cases.ts';
import { deltaMinmax, type Stored } from '../oracle.ts';
import { elementsIn, slice, valuesIn } from '../plain.ts';
import { BEHIND, FOLDED } from '../stageCases.ts';
import type { StageCase } from '../stageDrive.ts';

type Call = Stages['deltaMinmax'];

export const oracle: Call = async (tuned, reference, out, count) => {
  const { x, extent } = deltaMinmax(elementsIn(tuned, count), reference && elementsIn(reference, count));
  if (out) valuesIn(out).set(x);
  return extent;
};

/** The extent alone, all differences, and those from an offset on. */
const difference = (t: Stored, r: Stored | undefined): StageCase<Call> => {
  const count = countOf(t);
  return {
    inputs: [t.bytes, r?.bytes ?? new Uint8Array(4), ...[1, 2].map(() => new Float32Array(count + BEHIND))],
    call: async (deltaMinmax, tuned, reference, out, rest) => {
      const from = (first: number) =>
        [slice(tuned, t.type, first), r && slice(reference, r.type, first)] as const;
      const extents = [
        await deltaMinmax(...from(0), undefined, count),
        await deltaMinmax(...from(0), out, count),
      ];
      if (count > OFFSET) extents.push(await deltaMinmax(...from(OFFSET), rest, count - OFFSET));
      return extents;
    },
  };
};

export function* cases(): Generator<StageCase<Call>> {
  for (const tuned of TYPES) {
    for (const reference of [...TYPES, undefined]) {
      for (const { kind, count, seed } of sizes()) {
        const subtracted = reference && stored(reference, kind, count, seed + 100);
        yield difference(stored(tuned, kind, count, seed), subtracted);
      }
    }
  }
  for (const type of ['F16', 'BF16'] as const) yield difference(everyHalf(type), undefined);
}

export function* folded(): Generator<StageCase<Call>> {
  yield difference(stored('F16', 'special', FOLDED, 1), stored('F32', 'weights', FOLDED, 2));
}
