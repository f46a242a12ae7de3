/** Stage quotient: sums divided by the weights that went into them. */
import { flushed, flushedBits } from '../../ftz.ts';
import type { Region } from '../../memory.ts';
import divide from '../../shared/divide.wgsl';
import { checkValues, require } from '../checks.ts';
import { EACH, eachOf } from '../each.ts';
import { COUNT, fine } from '../sample.ts';
import type { Stage } from '../stage.ts';
import source from './quotient.wgsl';

/** The smallest float32 that is not flushed. */
const LEAST_NORMAL = 2 ** -126;

export interface QuotientStage {
  /** x[i] = x[i] / share[i], correctly rounded; unchanged where |share[i]| is below `least`, a positive float32. In
   * place. */
  quotient(x: Region, share: Region, least: number, count: number): Promise<void>;
}

export const quotient: Stage<QuotientStage['quotient']> = {
  name: 'quotient',
  shader: EACH + divide + source,
  /** A share of zero must be below `least`: nothing is divided by it. */
  check(chunk, x, share, least, count) {
    checkValues(chunk, count, [x], [share]);
    require(least >= LEAST_NORMAL && least < Infinity, `least share ${least} is no positive normal number`);
  },
  cpu: (kernel, x, share, least, count) => void kernel.run(x, share, flushed(least), count),
  gpu: (x, share, least, count) => eachOf(count, [x, share], { params: flushedBits(least) }),
  selfTest: {
    inputs: () => [fine(10), fine(11)],
    run: async (quotient, x, share) => {
      await quotient(x, share, 1e-8, COUNT);
      return [];
    },
    digest: 'c257b176',
  },
};
