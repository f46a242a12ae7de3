/** Stage group_scales: the byte of each group's mean square. */
import { groupsOf, SCALES } from '../../groups.ts';
import type { Region } from '../../memory.ts';
import { SCRATCH } from '../../wasm.ts';
import { checkCount, checkDistinct, checkEnd, require } from '../checks.ts';
import { COUNT, fine } from '../sample.ts';
import { checkLength, checkRising, checkScales, scaleWindow, tableOf } from '../scales.ts';
import type { Stage } from '../stage.ts';
import { BLOCK_SUMS, blocksOf } from '../sums.ts';
import { done, values } from '../windows.ts';
import source from './group_scales.wgsl';

export interface GroupScalesStage {
  /**
   * A byte for each group of `groupSize` consecutive values of `x`, from byte first/groupSize of `scales` on (`first`
   * is a multiple of CHUNK_ALIGNMENT). The byte is how many of the 255 rising `thresholds` t (mean squares, finite and
   * not negative) have S ≥ ftz(t·n), where n is the group's number of values and S the sum of their squares. Summation
   * order: a lane is 32 consecutive values and keeps four F32 sums (value j goes to sum j mod 4, in order) that it adds
   * as (s0+s1)+(s2+s3); with m lanes a group, lanes are added in pairs l, l+m/2, then l, l+m/4 … l, l+1; values past
   * `count` count as zero. Bytes after the last one, up to the next multiple of 4, are zero. Values must be finite: a
   * NaN gives byte 0.
   */
  groupScales(
    x: Region,
    groupSize: number,
    thresholds: Float32Array,
    scales: Region,
    first: number,
    count: number,
  ): Promise<void>;
}

/** Mean squares, eight an octave; the test values' groups fall in the middle. The first ones are flushed. */
const SELF_TEST_THRESHOLDS = Float32Array.from({ length: SCALES - 1 }, (_, i) =>
  i < 3 ? i * 2 ** -128 : 2 ** (Math.floor(i / 8) - 16) * (1 + (i % 8) / 8),
);

export const groupScales: Stage<GroupScalesStage['groupScales']> = {
  name: 'group_scales',
  shader: BLOCK_SUMS + source,
  check(chunk, x, groupSize, thresholds, scales, first, count) {
    checkCount(count, chunk);
    checkScales(scales, groupSize, first, count);
    checkLength(thresholds, SCALES - 1, 'thresholds');
    checkRising(thresholds, 'thresholds');
    const [least = 0, most = 0] = [thresholds[0], thresholds.at(-1)];
    require(least >= 0 && most < Infinity, `thresholds from ${least} to ${most} are no mean squares`);
    checkEnd(x, count * 4);
    checkDistinct(scales, x);
  },
  cpu(kernel, x, groupSize, thresholds, scales, first, count) {
    const table = kernel.put(SCRATCH.table, tableOf(thresholds));
    kernel.run(x, groupSize, table, kernel.at(scales, first / groupSize), count, SCRATCH.lanes);
  },
  gpu(x, groupSize, thresholds, scales, first, count) {
    const { window, byte } = scaleWindow(scales, groupSize, first, count);
    return {
      params: [count, groupSize, byte / 4],
      table: tableOf(thresholds),
      bindings: [values(x, count), { memory: 'table', bytes: thresholds.byteLength }, window],
      groups: blocksOf(count),
      result: done,
    };
  },
  selfTest: {
    inputs: () => [fine(20), new Uint8Array(groupsOf(COUNT, 32)), new Uint8Array(groupsOf(COUNT, 256))],
    run: async (groupScales, x, small, large) => {
      await groupScales(x, 32, SELF_TEST_THRESHOLDS, small, 0, COUNT);
      await groupScales(x, 256, SELF_TEST_THRESHOLDS, large, 0, COUNT);
      return [];
    },
    digest: '38a44288',
  },
};
