/** Stage rotate_4: blocks of four values by a Hadamard matrix with random signs. */
import type { Region } from '../../memory.ts';
import common from '../../shared/common.wgsl';
import hadamard from '../../shared/hadamard.wgsl';
import { eachOf } from '../each.ts';
import { checkRotation, signWord } from '../rotations.ts';
import { COUNT, fine } from '../sample.ts';
import type { Stage } from '../stage.ts';
import source from './rotate_4.wgsl';

export interface Rotate4Stage {
  /**
   * x = S·H·S·x / √order on each block of `order` = 4 consecutive values, in place; its own inverse except for
   * rounding. H is the Hadamard matrix of that order, S a diagonal of signs. The values times their signs go through
   * butterflies of distance h = 1, 2, 4, … order/2: values a and b at i and i+h, where i has bit h clear, become a+b
   * and a−b. Then they are multiplied by 1/√order and by their signs. Every operation (and reading) is followed by
   * `ftz`; zeros are +0. The sign of the tensor's element i is bit i mod 32 (1: negative) of w = mix(⌊i/32⌋·0x9e3779b9
   * + 0x7f4a7c15 mod 2^32), where mix is MurmurHash3's finalizer (Appleby, public domain): h ^= h>>>16, h *=
   * 0x85ebca6b, h ^= h>>>13, h *= 0xc2b2ae35, h ^= h>>>16. x[0] is the tensor's element `index`, a multiple of `order`;
   * `index` and `count` add up to at most 2^37. A last block of fewer than `order` values is left unchanged.
   */
  rotate4(x: Region, index: number, count: number): Promise<void>;
}

export const rotate4: Stage<Rotate4Stage['rotate4']> = {
  name: 'rotate_4',
  shader: common + hadamard + source,
  check: (chunk, x, index, count) => checkRotation(chunk, x, index, count, 4),
  cpu: (kernel, x, index, count) => void kernel.run(x, signWord(index), (index % 32) / 4, count),
  gpu: (x, index, count) => eachOf(count, [x], { params: [signWord(index), (index % 32) / 4] }),
  selfTest: {
    inputs: () => [fine(18)],
    run: async (rotate4, x) => {
      await rotate4(x, 2 ** 33 + 20, COUNT);
      return [];
    },
    digest: 'f79d18cf',
  },
};
