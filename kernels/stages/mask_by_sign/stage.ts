/** Stage mask_by_sign: the part of EMR's elected vector that one task agrees with. */
import type { Region } from '../../memory.ts';
import { checkValues } from '../checks.ts';
import { EACH, eachOf } from '../each.ts';
import { coarse, COUNT, fine, zeros } from '../sample.ts';
import type { Stage } from '../stage.ts';
import source from './mask_by_sign.wgsl';

export interface MaskBySignStage {
  /** out[i] = unified[i] where x[i] and unified[i] have the same sign and neither is zero, else +0. */
  maskBySign(x: Region, unified: Region, out: Region, count: number): Promise<void>;
}

export const maskBySign: Stage<MaskBySignStage['maskBySign']> = {
  name: 'mask_by_sign',
  shader: EACH + source,
  check: (chunk, x, unified, out, count) => checkValues(chunk, count, [out], [x, unified]),
  cpu: (kernel, x, unified, out, count) => void kernel.run(x, unified, out, count),
  gpu: (x, unified, out, count) => eachOf(count, [x, unified, out]),
  selfTest: {
    inputs: () => [coarse(38), fine(39), zeros()],
    run: async (maskBySign, x, unified, out) => {
      await maskBySign(x, unified, out, COUNT);
      return [];
    },
    digest: 'bc0c5603',
  },
};
