/** Stage mean_delta: the task vector of the mean of checkpoints (the shared base vector). */
import { SCRATCH, TYPE_NUMBERS } from '../../wasm.ts';
import type { Region, Slice } from '../../memory.ts';
import { checkCount, checkDistinct, checkEnd, checkSlice, require } from '../checks.ts';
import { EXTENT, extentAt, extentOf, type Extent } from '../extent.ts';
import { COUNT, fine } from '../sample.ts';
import type { Stage } from '../stage.ts';
import { values, window } from '../windows.ts';
import source from './mean_delta.wgsl';

/** WGSL divides the 32-bit shifted mantissa by the task count; above 127 the quotient has too few bits for a
 * correctly rounded result. */
export const MAX_MEAN_TASKS = 127;

export interface MeanDeltaStage {
  /** x[i] = ftz(ftz(sum[i] / tasks) − decode(base[i])), correctly rounded division, stored as F32 at the start of
   * `out`, which may be `sum`. 1 ≤ tasks ≤ MAX_MEAN_TASKS. */
  meanDelta(sum: Region, tasks: number, base: Slice, out: Region, count: number): Promise<Extent>;
}

export const meanDelta: Stage<MeanDeltaStage['meanDelta']> = {
  name: 'mean_delta',
  shader: EXTENT + source,
  check(chunk, sum, tasks, base, out, count) {
    checkCount(count, chunk);
    checkEnd(sum, count * 4);
    checkSlice(base, count);
    checkEnd(out, count * 4);
    checkDistinct(out, base.region);
    const divisible = Number.isInteger(tasks) && tasks >= 1 && tasks <= MAX_MEAN_TASKS;
    require(divisible, `the mean of ${tasks} tasks: 1 to ${MAX_MEAN_TASKS} are supported`);
  },
  cpu(kernel, sum, tasks, base, out, count) {
    kernel.run(sum, tasks, ...kernel.elements(base), out, count, SCRATCH.extent);
    return extentAt(kernel);
  },
  gpu: (sum, tasks, base, out, count) =>
    extentOf(
      count,
      { BASE: TYPE_NUMBERS[base.type], IN_PLACE: sum === out },
      [tasks],
      [
        sum === out ? { memory: 'nothing', bytes: 0 } : values(sum, count),
        window(base, count),
        values(out, count),
      ],
    ),
  selfTest: {
    inputs: () => [fine(2), fine(1)],
    run: async (meanDelta, sum, base) => {
      const { min, max } = await meanDelta(sum, 3, { region: base, type: 'F32', first: 0 }, sum, COUNT);
      return [min, max];
    },
    digest: 'e4f3f904',
  },
};
