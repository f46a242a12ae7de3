/** Stage random_drop: drops values at random and rescales the others (DARE). */
import { flushed, flushedBits } from '../../ftz.ts';
import type { Region } from '../../memory.ts';
import common from '../../shared/common.wgsl';
import philox from '../../shared/philox.wgsl';
import { SCRATCH } from '../../wasm.ts';
import { checkInteger, checkValues, require } from '../checks.ts';
import { checkStream, WORDS, type RandomStream } from '../rows.ts';
import { COUNT, fine, STREAM } from '../sample.ts';
import type { Stage } from '../stage.ts';
import { done, tilesOf, values } from '../windows.ts';
import source from './random_drop.wgsl';

export interface RandomDropStage {
  /** x[i] = x[i]·scale where the element's random word is below `keepBelow` (0 to 2^32; 2^32 keeps all), else +0. x[0]
   * is the tensor's element `index`, a multiple of 4. */
  randomDrop(
    x: Region,
    keepBelow: number,
    scale: number,
    stream: RandomStream,
    index: number,
    count: number,
  ): Promise<void>;
}

export const randomDrop: Stage<RandomDropStage['randomDrop']> = {
  name: 'random_drop',
  shader: common + philox + source,
  check(chunk, x, keepBelow, _scale, stream, index, count) {
    checkValues(chunk, count, [x]);
    checkInteger('keepBelow', keepBelow, WORDS + 1);
    checkStream(stream, index);
    require(index % 4 === 0, `element ${index} is not a multiple of 4`);
  },
  cpu(kernel, x, keepBelow, scale, { seed, tensor, task }, index, count) {
    const { words } = SCRATCH;
    kernel.run(x, keepBelow, flushed(scale), ...seed, tensor, task, index / 4, count, words);
  },
  gpu: (x, keepBelow, scale, { seed, tensor, task }, index, count) => ({
    constants: { KEEP_ALL: keepBelow === WORDS },
    params: [count, keepBelow, ...flushedBits(scale), index / 4, ...seed, tensor, task],
    bindings: [values(x, count)],
    groups: tilesOf(count),
    result: done,
  }),
  selfTest: {
    inputs: () => [fine(16)],
    run: async (randomDrop, x) => {
      await randomDrop(x, 0x60000000, 1.7, STREAM, 2 ** 33 + 4, COUNT);
      return [];
    },
    digest: '7b93693b',
  },
};
