/** Stage sign_counts: how many values are above and below zero. */
import type { Region } from '../../memory.ts';
import { SCRATCH } from '../../wasm.ts';
import { checkValues } from '../checks.ts';
import { COUNT, coarse } from '../sample.ts';
import type { Stage } from '../stage.ts';
import { TALLY, tallyOf } from '../tally.ts';
import { values } from '../windows.ts';
import source from './sign_counts.wgsl';

/** Counts of values by sign. */
export interface SignCounts {
  readonly positive: number;
  readonly negative: number;
}

export interface SignCountsStage {
  /** How many values are above and below zero. */
  signCounts(x: Region, count: number): Promise<SignCounts>;
}

export const signCounts: Stage<SignCountsStage['signCounts']> = {
  name: 'sign_counts',
  shader: TALLY + source,
  check: (chunk, x, count) => checkValues(chunk, count, [], [x]),
  cpu(kernel, x, count) {
    kernel.run(x, count, SCRATCH.counts);
    const [positive = 0, negative = 0] = kernel.words(SCRATCH.counts, 2);
    return { positive, negative };
  },
  gpu: (x, count) => tallyOf(count, [values(x, count)], {}, (positive, negative) => ({ positive, negative })),
  selfTest: {
    inputs: () => [coarse(27)],
    run: async (signCounts, x) => {
      const { positive, negative } = await signCounts(x, COUNT);
      return [positive, negative];
    },
    digest: '786161ae',
  },
};
