/** Stage axpy: a weighted sum of task vectors, one task at a time. */
import { flushed, flushedBits } from '../../ftz.ts';
import type { Region } from '../../memory.ts';
import { checkValues } from '../checks.ts';
import { EACH, eachOf } from '../each.ts';
import { COUNT, fine } from '../sample.ts';
import type { Stage } from '../stage.ts';
import source from './axpy.wgsl';

export interface AxpyStage {
  /** sum[i] = sum[i] + weight·x[i] (two operations, each with ftz), or weight·x[i] when `first`. */
  axpy(sum: Region, x: Region, weight: number, first: boolean, count: number): Promise<void>;
}

export const axpy: Stage<AxpyStage['axpy']> = {
  name: 'axpy',
  shader: EACH + source,
  check: (chunk, sum, x, _weight, _first, count) => checkValues(chunk, count, [sum], [x]),
  cpu: (kernel, sum, x, weight, first, count) => void kernel.run(sum, x, flushed(weight), first, count),
  gpu: (sum, x, weight, first, count) =>
    eachOf(count, [sum, x], { constants: { FIRST: first }, params: flushedBits(weight) }),
  selfTest: {
    inputs: () => [fine(23), fine(24), fine(25)],
    run: async (axpy, sum, x, y) => {
      await axpy(sum, x, 1 / 3, true, COUNT);
      await axpy(sum, y, -1.7, false, COUNT);
      return [];
    },
    digest: '14496e78',
  },
};
