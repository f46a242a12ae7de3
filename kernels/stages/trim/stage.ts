/** Stage trim: values of small magnitude become zero. */
import type { Region } from '../../memory.ts';
import { checkInteger, checkValues } from '../checks.ts';
import { COUNT, fine } from '../sample.ts';
import type { Stage } from '../stage.ts';
import { TALLY, tallyOf } from '../tally.ts';
import { values } from '../windows.ts';
import source from './trim.wgsl';

export interface TrimStage {
  /** x[i] = +0 where its magnitude key, the bits of |x[i]|, is below `threshold`, in place.
   * @returns how many non-zero values are left */
  trim(x: Region, threshold: number, count: number): Promise<number>;
}

export const trim: Stage<TrimStage['trim']> = {
  name: 'trim',
  shader: TALLY + source,
  check(chunk, x, threshold, count) {
    checkValues(chunk, count, [x]);
    checkInteger('threshold', threshold, 2 ** 31);
  },
  cpu: (kernel, x, threshold, count) => kernel.run(x, threshold, count),
  gpu: (x, threshold, count) => tallyOf(count, [values(x, count)], { params: [threshold] }, left => left),
  selfTest: {
    inputs: () => [fine(26)],
    // Below 1.
    run: async (trim, x) => [await trim(x, 0x3f800000, COUNT)],
    digest: '7f14bcf7',
  },
};
