/** Stage compare_task: a merged task vector against one of its inputs; which signs each weight has among them. */
import type { Region } from '../../memory.ts';
import { SCRATCH } from '../../wasm.ts';
import { checkValues } from '../checks.ts';
import { coarse, COUNT, zeros } from '../sample.ts';
import type { Stage } from '../stage.ts';
import { BLOCK_SUMS, sumsOf } from '../sums.ts';
import { values } from '../windows.ts';
import source from './compare_task.wgsl';

/** What compare_task found about a merged task vector and one of its inputs. */
export interface TaskComparison {
  /** ⟨delta, x⟩. */
  readonly product: number;
  /** ‖x‖². */
  readonly energy: number;
  /** Weights that the tasks so far move in both directions, and weights that any of them moves. */
  readonly both: number;
  readonly any: number;
}

export interface CompareTaskStage {
  /** Σ delta·x and Σx² in delta_energy's order of summation, added to `before`; flags[i] (u32) |= 1 where x[i] > 0, 2
   * where x[i] < 0, starting at zero when `first`. Values must be flushed, as every stage's results are.
   * @returns the sums; how many flags are now 3 (both signs), and how many are not 0 */
  compareTask(
    delta: Region,
    x: Region,
    flags: Region,
    first: boolean,
    count: number,
    before?: Pick<TaskComparison, 'product' | 'energy'>,
  ): Promise<TaskComparison>;
}

const NOTHING = { product: 0, energy: 0 };

export const compareTask: Stage<CompareTaskStage['compareTask']> = {
  name: 'compare_task',
  shader: BLOCK_SUMS + source,
  check: (chunk, delta, x, flags, _first, count) => checkValues(chunk, count, [flags], [delta, x]),
  cpu(kernel, delta, x, flags, first, count, before = NOTHING) {
    const sums = kernel.doubles(SCRATCH.sums, 2);
    sums.set([before.product, before.energy]);
    kernel.run(delta, x, flags, first, count, SCRATCH.lanes, SCRATCH.sums, SCRATCH.counts);
    const [product = 0, energy = 0] = sums;
    const [both = 0, any = 0] = kernel.words(SCRATCH.counts, 2);
    return { product, energy, both, any };
  },
  gpu: (delta, x, flags, first, count, before = NOTHING) =>
    sumsOf(
      count,
      {
        constants: { FIRST: first },
        bindings: [values(delta, count), values(x, count), values(flags, count)],
      },
      [before.product, before.energy, 0, 0],
      (product = 0, energy = 0, both = 0, any = 0) => ({ product, energy, both, any }),
    ),
  selfTest: {
    // Flushed, as required.
    inputs: () => [...[40, 41, 42].map(seed => coarse(seed).map(value => value + 0)), zeros()],
    run: async (compareTask, delta, x, y, flags) => {
      const first = await compareTask(delta, x, flags, true, COUNT);
      const { product, energy, both, any } = await compareTask(delta, y, flags, false, COUNT, first);
      return [product, energy, both, any];
    },
    digest: '7f52af40',
  },
};
