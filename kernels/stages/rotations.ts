/** Stages that mix the values within blocks, and undo it: rotations of a tensor by a Hadamard matrix. */
import type { Region } from '../memory.ts';
import { checkCount, checkEnd, require } from './checks.ts';

/** Elements that can have signs: the index of their sign word has 32 bits. */
const MOST = 2 ** 37;

/** x[0] is the tensor's element `index`, a multiple of `order`. */
export function checkRotation(chunk: number, x: Region, index: number, count: number, order: number): void {
  checkCount(count, chunk);
  checkEnd(x, count * 4);
  const aligned = Number.isInteger(index) && index >= 0 && index % order === 0;
  require(aligned, `element ${index} is not a multiple of ${order}`);
  require(index + count <= MOST, `element ${index + count}: tensors of up to ${MOST} are rotated`);
}

/** The word that a block's first sign is in: one for 32 elements. */
export const signWord = (index: number): number => Math.floor(index / 32);
