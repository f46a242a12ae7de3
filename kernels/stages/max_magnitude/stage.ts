/** Stage max_magnitude: the value of largest magnitude among tasks. */
import type { Region } from '../../memory.ts';
import { checkValues } from '../checks.ts';
import { EACH, eachOf } from '../each.ts';
import { coarse, COUNT } from '../sample.ts';
import type { Stage } from '../stage.ts';
import source from './max_magnitude.wgsl';

export interface MaxMagnitudeStage {
  /** best[i] = x[i] where |x[i]| ≥ |best[i]| (later tasks win ties), or x[i] when `first`. */
  maxMagnitude(best: Region, x: Region, first: boolean, count: number): Promise<void>;
}

export const maxMagnitude: Stage<MaxMagnitudeStage['maxMagnitude']> = {
  name: 'max_magnitude',
  shader: EACH + source,
  check: (chunk, best, x, _first, count) => checkValues(chunk, count, [best], [x]),
  cpu: (kernel, best, x, first, count) => void kernel.run(best, x, first, count),
  gpu: (best, x, first, count) => eachOf(count, [best, x], { constants: { FIRST: first } }),
  selfTest: {
    inputs: () => [coarse(28), coarse(29)],
    run: async (maxMagnitude, best, x) => {
      await maxMagnitude(best, x, false, COUNT);
      return [];
    },
    digest: '3f33d998',
  },
};
