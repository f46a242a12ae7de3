/** Checks of the arguments of the codec stages, the same for every backend. All throw RangeError. */
import type { Region } from './backend.ts';
import { checkCount, checkEnd, require } from './checks.ts';
import { MOST_ROTATED, ROTATED } from './codecStages.ts';

export function checkRotate(chunk: number, x: Region, index: number, count: number): void {
  checkCount(count, chunk);
  checkEnd(x, count * 4);
  const aligned = Number.isInteger(index) && index >= 0 && index % ROTATED === 0;
  require(aligned, `element ${index} is no multiple of ${ROTATED}`);
  require(index + count <=
    MOST_ROTATED, `element ${index + count}: tensors of up to ${MOST_ROTATED} are rotated`);
}

export function checkCodeCounts(chunk: number, codes: Region, first: number, count: number): void {
  checkCount(count, chunk);
  require(Number.isInteger(first) && first >= 0, `byte ${first} is none of a region`);
  checkEnd(codes, first + count);
}
