/** Oracle and cases of compare_task. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { raw } from '../cases.ts';
import { ftz, multiply, orderedSum } from '../oracle.ts';
import { at, tally, valuesIn } from '../plain.ts';
import { coarse, COUNTS, FOLDED } from '../stageCases.ts';
import type { StageCase } from '../stageDrive.ts';

type Call = Stages['compareTask'];

export const oracle: Call = async (delta, x, flags, first, count, before = { product: 0, energy: 0 }) => {
  const words = new Uint32Array(valuesIn(flags).buffer);
  for (let i = 0; i < count; i++) {
    const found = at(x, i) > 0 ? 1 : at(x, i) < 0 ? 2 : 0;
    words[i] = (first ? 0 : (words[i] ?? 0)) | found;
  }
  return {
    product: orderedSum(i => multiply(at(delta, i), at(x, i)), count, before.product),
    energy: orderedSum(i => multiply(at(x, i), at(x, i)), count, before.energy),
    both: tally(count, i => words[i] === 3),
    any: tally(count, i => words[i] !== 0),
  };
};

/** A merged vector and two task vectors. */
function* compared(counts: readonly number[]): Generator<StageCase<Call>> {
  for (const count of counts) {
    const small = (seed: number): Float32Array => raw('weights', count, seed).map(v => v * 2 ** -57);
    for (const vectors of [
      [raw('weights', count, 1), raw('weights', count, 2), raw('weights', count, 3)],
      [coarse(count, 4), coarse(count, 5), coarse(count, 6)],
      [small(7), small(8), raw('tiny', count, 9).map(ftz)],
    ]) {
      yield {
        inputs: [...vectors, new Float32Array(count)],
        call: async (compareTask, delta, x, y, flags) => [
          await compareTask(delta, x, flags, true, count),
          await compareTask(delta, y, flags, false, count, { product: 1, energy: 2 }),
        ],
      };
    }
  }
}

export const cases = (): Iterable<StageCase<Call>> => compared([...COUNTS, FOLDED]);

export const folded = (): Iterable<StageCase<Call>> => compared([FOLDED]);
