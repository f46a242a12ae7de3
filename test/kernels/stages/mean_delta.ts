/** Oracle and cases of mean_delta. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { OFFSET, raw, sizes, stored, TASKS, TYPES } from '../cases.ts';
import { meanDelta, type Stored } from '../oracle.ts';
import { elementsIn, slice, valuesIn } from '../plain.ts';
import { BEHIND, FOLDED } from '../stageCases.ts';
import type { StageCase } from '../stageDrive.ts';

type Call = Stages['meanDelta'];

export const oracle: Call = async (sum, tasks, base, out, count) => {
  const { x, extent } = meanDelta(valuesIn(sum).slice(0, count), tasks, elementsIn(base, count));
  valuesIn(out).set(x);
  return extent;
};

/** Into another region, from an offset of the base on, and in place. */
const mean = (sums: Float32Array, tasks: number, { type, bytes }: Stored): StageCase<Call> => {
  const count = sums.length;
  const empty = (): Float32Array => new Float32Array(count + BEHIND);
  return {
    inputs: [sums, bytes, empty(), empty()],
    call: async (meanDelta, sum, base, out, rest) => {
      const extents = [await meanDelta(sum, tasks, slice(base, type), out, count)];
      if (count > OFFSET)
        extents.push(await meanDelta(sum, tasks, slice(base, type, OFFSET), rest, count - OFFSET));
      return [...extents, await meanDelta(sum, tasks, slice(base, type), sum, count)];
    },
  };
};

export function* cases(): Generator<StageCase<Call>> {
  let round = 0;
  for (const { kind, count, seed } of sizes()) {
    for (const type of TYPES) {
      const tasks = TASKS[round++ % TASKS.length] ?? 1;
      yield mean(raw(kind, count, seed), tasks, stored(type, kind, count, seed + 100));
    }
  }
  for (let tasks = 1; tasks <= 127; tasks++)
    yield mean(raw('wide', 1001, tasks), tasks, stored('BF16', 'tiny', 1001, tasks));
}

export function* folded(): Generator<StageCase<Call>> {
  yield mean(raw('weights', FOLDED, 1), 3, stored('F16', 'weights', FOLDED, 9));
}
