/** Stage abs_sum: the sum of magnitudes in one fixed order. */
import type { Region } from '../../memory.ts';
import { SCRATCH } from '../../wasm.ts';
import { checkValues } from '../checks.ts';
import { COUNT, fine } from '../sample.ts';
import type { Stage } from '../stage.ts';
import { BLOCK_SUMS, sumsOf } from '../sums.ts';
import { values } from '../windows.ts';
import source from './abs_sum.wgsl';

export interface AbsSumStage {
  /** Σ|x| in delta_energy's order of summation, added to `before`. */
  absSum(x: Region, count: number, before?: number): Promise<number>;
}

export const absSum: Stage<AbsSumStage['absSum']> = {
  name: 'abs_sum',
  shader: BLOCK_SUMS + source,
  check: (chunk, x, count) => checkValues(chunk, count, [], [x]),
  cpu: (kernel, x, count, before = 0) => kernel.run(x, count, before, SCRATCH.lanes),
  gpu: (x, count, before = 0) => sumsOf(count, { bindings: [values(x, count)] }, [before], (sum = 0) => sum),
  selfTest: {
    inputs: () => [fine(43)],
    run: async (absSum, x) => [await absSum(x, COUNT)],
    digest: '549fdbc6',
  },
};
