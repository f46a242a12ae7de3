/** Stage accumulate: the running sum of fine-tuned checkpoints. */
import { TYPE_NUMBERS } from '../../wasm.ts';
import type { Region, Slice } from '../../memory.ts';
import { checkCount, checkDistinct, checkEnd, checkSlice } from '../checks.ts';
import { EACH, eachIn } from '../each.ts';
import { COUNT, fine, halves, zeros } from '../sample.ts';
import type { Stage } from '../stage.ts';
import { values, window } from '../windows.ts';
import source from './accumulate.wgsl';

export interface AccumulateStage {
  /** sum[i] = ftz(sum[i] + decode(tuned[i])), or decode(tuned[i]) when `first`. */
  accumulate(sum: Region, tuned: Slice, first: boolean, count: number): Promise<void>;
}

export const accumulate: Stage<AccumulateStage['accumulate']> = {
  name: 'accumulate',
  shader: EACH + source,
  check(chunk, sum, tuned, _first, count) {
    checkCount(count, chunk);
    checkSlice(tuned, count);
    checkEnd(sum, count * 4);
    checkDistinct(sum, tuned.region);
  },
  cpu: (kernel, sum, tuned, first, count) => void kernel.run(sum, ...kernel.elements(tuned), first, count),
  gpu: (sum, tuned, first, count) =>
    eachIn(count, [window(tuned, count), values(sum, count)], {
      constants: { TUNED: TYPE_NUMBERS[tuned.type], FIRST: first },
    }),
  selfTest: {
    inputs: () => [zeros(), fine(2), halves('BF16', 4)],
    run: async (accumulate, sum, f32, bf16) => {
      await accumulate(sum, { region: f32, type: 'F32', first: 0 }, true, COUNT);
      await accumulate(sum, { region: bf16, type: 'BF16', first: 0 }, false, COUNT);
      return [];
    },
    digest: '99892343',
  },
};
