/** Stage rotate_256: blocks of 256 values by a Hadamard matrix with random signs. */
import type { Region } from '../../memory.ts';
import common from '../../shared/common.wgsl';
import hadamard from '../../shared/hadamard.wgsl';
import { eachOf } from '../each.ts';
import { checkRotation, signWord } from '../rotations.ts';
import { COUNT, fine } from '../sample.ts';
import type { Stage } from '../stage.ts';
import source from './rotate_256.wgsl';

export interface Rotate256Stage {
  /** What rotate_4 does, on blocks of 256 values. */
  rotate256(x: Region, index: number, count: number): Promise<void>;
}

export const rotate256: Stage<Rotate256Stage['rotate256']> = {
  name: 'rotate_256',
  shader: common + hadamard + source,
  check: (chunk, x, index, count) => checkRotation(chunk, x, index, count, 256),
  cpu: (kernel, x, index, count) => void kernel.run(x, signWord(index), count),
  gpu: (x, index, count) => eachOf(count, [x], { params: [signWord(index)] }),
  selfTest: {
    inputs: () => [fine(19)],
    run: async (rotate256, x) => {
      await rotate256(x, 2 ** 34 + 256, COUNT);
      return [];
    },
    digest: '0db22f41',
    slow: true,
  },
};
