/** Stage unify: EMR's elected vector, one task at a time. */
import type { Region } from '../../memory.ts';
import { checkValues } from '../checks.ts';
import { EACH, eachOf } from '../each.ts';
import { coarse, COUNT } from '../sample.ts';
import type { Stage } from '../stage.ts';
import source from './unify.wgsl';

export interface UnifyStage {
  /** candidate = x[i] where it has the sign of total[i] (negative where total[i] ≤ 0), else 0; unified[i] = candidate
   * where its magnitude is larger than that of unified[i], or when `first`. */
  unify(total: Region, x: Region, unified: Region, first: boolean, count: number): Promise<void>;
}

export const unify: Stage<UnifyStage['unify']> = {
  name: 'unify',
  shader: EACH + source,
  check: (chunk, total, x, unified, _first, count) => checkValues(chunk, count, [unified], [total, x]),
  cpu: (kernel, total, x, unified, first, count) => void kernel.run(total, x, unified, first, count),
  gpu: (total, x, unified, first, count) =>
    eachOf(count, [total, x, unified], { constants: { FIRST: first } }),
  selfTest: {
    inputs: () => [coarse(35), coarse(36), coarse(37)],
    run: async (unify, total, x, unified) => {
      await unify(total, x, unified, false, COUNT);
      return [];
    },
    digest: '27e23018',
  },
};
