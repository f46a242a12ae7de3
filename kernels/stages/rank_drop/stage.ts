/** Stage rank_drop: drops values at random, small ones more often than large ones (DELLA). */
import common from '../../shared/common.wgsl';
import divide from '../../shared/divide.wgsl';
import philox from '../../shared/philox.wgsl';
import scan from '../../shared/scan.wgsl';
import { ROW_MEMORY, SCRATCH } from '../../wasm.ts';
import { checkInteger } from '../checks.ts';
import { checkRows, checkStream, rowsAt, rowWindow, WORDS, type RandomStream, type Rows } from '../rows.ts';
import { coarse, ROWS, STREAM } from '../sample.ts';
import type { Binding, Stage } from '../stage.ts';
import { done } from '../windows.ts';
import source from './rank_drop.wgsl';

export interface RankDropStage {
  /** In each row, rank r by rising magnitude (equal ones by rising index); the element is kept where its random word is
   * below keep = low + r·step (an integer below 2^32 in every rank), and then multiplied by 2^32 / keep when `rescale`
   * (keep rounded to float32, the quotient correctly rounded); else +0. x's first row begins with the tensor's element
   * `index`, any integer. A GPU needs memory besides that of the scopes: 8 bytes per value. */
  rankDrop(
    x: Rows,
    low: number,
    step: number,
    rescale: boolean,
    stream: RandomStream,
    index: number,
  ): Promise<void>;
}

export const rankDrop: Stage<RankDropStage['rankDrop']> = {
  name: 'rank_drop',
  shader: common + divide + philox + scan + source,
  check(chunk, x, low, step, _rescale, stream, index) {
    checkRows(chunk, x);
    checkInteger('low', low, WORDS);
    checkInteger('step', step, WORDS);
    checkInteger('keep of the last rank', low + Math.max(x.length - 1, 0) * step, WORDS);
    checkStream(stream, index);
  },
  cpu(kernel, x, low, step, rescale, { seed, tensor, task }, index) {
    const random = [...seed, tensor, task, index];
    const { radix, words } = SCRATCH;
    const at = rowsAt(kernel, x);
    kernel.run(at, x.rows, x.length, low, step, rescale, ...random, radix, words, ROW_MEMORY.at);
  },
  gpu(x, low, step, rescale, { seed, tensor, task }, index) {
    const { window, within } = rowWindow(x);
    const order: Binding = { memory: 'scratch', bytes: x.rows * x.length * 4 };
    return {
      constants: { RESCALE: rescale },
      params: [
        ...[within, x.rows, x.length, low, step],
        ...[Math.floor(index / 4), index % 4, tensor, ...seed, task],
      ],
      bindings: [window, order, order],
      groups: x.length > 0 ? x.rows : 0,
      result: done,
    };
  },
  selfTest: {
    inputs: () => [coarse(13)],
    run: async (rankDrop, region) => {
      await rankDrop({ region, ...ROWS }, 2 ** 30, 2 ** 22, true, STREAM, 2 ** 20 + 1);
      return [];
    },
    digest: '7e26f390',
    slow: true,
  },
};
