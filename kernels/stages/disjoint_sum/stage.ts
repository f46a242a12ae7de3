/** Stage disjoint_sum: the sum of the weighted values that have the elected sign, and of their weights. */
import { flushed, flushedBits } from '../../ftz.ts';
import type { Region } from '../../memory.ts';
import { checkValues } from '../checks.ts';
import { EACH, eachOf } from '../each.ts';
import { coarse, COUNT, fine } from '../sample.ts';
import type { Stage } from '../stage.ts';
import source from './disjoint_sum.wgsl';

export interface DisjointSumStage {
  /** Where weight·x[i] is not zero and has the sign of total[i] (that of `zeroSign`, +1 or −1, where total[i] is zero;
   * 0: never), judged by the signs of its factors: sum[i] += weight·x[i] and share[i] += weight. Both start at zero
   * when `first`. */
  disjointSum(
    total: Region,
    x: Region,
    zeroSign: number,
    weight: number,
    sum: Region,
    share: Region,
    first: boolean,
    count: number,
  ): Promise<void>;
}

export const disjointSum: Stage<DisjointSumStage['disjointSum']> = {
  name: 'disjoint_sum',
  shader: EACH + source,
  check: (chunk, total, x, _zeroSign, _weight, sum, share, _first, count) =>
    checkValues(chunk, count, [sum, share], [total, x]),
  cpu: (kernel, total, x, zeroSign, weight, sum, share, first, count) =>
    void kernel.run(total, x, Math.sign(zeroSign), flushed(weight), sum, share, first, count),
  gpu: (total, x, zeroSign, weight, sum, share, first, count) =>
    eachOf(count, [total, x, sum, share], {
      constants: { FIRST: first },
      params: flushedBits(Math.sign(zeroSign), weight),
    }),
  selfTest: {
    inputs: () => [coarse(6), coarse(7), fine(8), fine(9)],
    run: async (disjointSum, total, x, sum, share) => {
      await disjointSum(total, x, -1, -0.3, sum, share, true, COUNT);
      await disjointSum(total, total, 1, 1 / 3, sum, share, false, COUNT);
      return [];
    },
    digest: 'af3bed88',
  },
};
