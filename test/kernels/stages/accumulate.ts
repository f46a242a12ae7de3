/** Oracle and cases of accumulate. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { OFFSET, sizes, stored, TYPES } from '../cases.ts';
import { add, decode, ftz } from '../oracle.ts';
import { assign, at, elementsIn, slice } from '../plain.ts';
import { BEHIND, FOLDED } from '../stageCases.ts';
import type { StageCase } from '../stageDrive.ts';

type Call = Stages['accumulate'];

export const oracle: Call = async (sum, tuned, first, count) => {
  const values = decode(elementsIn(tuned, count));
  assign(sum, count, i => (first ? ftz(values[i] ?? 0) : add(at(sum, i), values[i] ?? 0)));
};

/** A checkpoint of each of two types, then a part of the first from an offset on. */
function sumOf(...[kind, count, seed]: [kind: Parameters<typeof stored>[1], count: number, seed: number]) {
  return TYPES.map((type, i): StageCase<Call> => {
    const other = TYPES[(i + 1) % 3] ?? 'F32';
    return {
      inputs: [
        new Float32Array(count + BEHIND),
        stored(type, kind, count, seed).bytes,
        stored(other, kind, count, seed + 10).bytes,
      ],
      call: async (accumulate, sum, x, y) => {
        await accumulate(sum, slice(x, type), true, count);
        await accumulate(sum, slice(y, other), false, count);
        if (count > OFFSET) await accumulate(sum, slice(x, type, OFFSET), false, count - OFFSET);
      },
    };
  });
}

export function* cases(): Generator<StageCase<Call>> {
  for (const { kind, count, seed } of sizes()) yield* sumOf(kind, count, seed);
}

export const folded = (): Iterable<StageCase<Call>> => sumOf('weights', FOLDED, 1);
