/** Checks of the arguments of the group stages, the same for every backend. All throw RangeError. */
import { packedBytes } from './backend.ts';
import type { Region } from './memory.ts';
import { checkBits, checkCount, checkDistinct, checkEnd, checkFirst, require } from './checks.ts';
import { GROUP_SIZES, groupsOf, SCALES, type GroupQuantizer, type GroupTable } from './groupStages.ts';

/** The scales of a call's groups lie in their region. */
function checkScales(scales: Region, groupSize: number, first: number, count: number): void {
  const sizes: readonly number[] = GROUP_SIZES;
  require(sizes.includes(
    groupSize,
  ), `groups of ${groupSize} values: ${GROUP_SIZES.join(', ')} are supported`);
  checkFirst(first);
  checkEnd(scales, groupsOf(first + count, groupSize));
}

function checkLength(table: Float32Array, length: number, what: string): void {
  require(table.length === length, `${table.length} ${what} where ${length} are needed`);
}

function checkRising(table: Float32Array, what: string): void {
  const rising = table.every((value, i) => value >= (table[i - 1] ?? -Infinity));
  require(rising, `the ${what} do not rise`);
}

export function checkGroupScales(
  chunk: number,
  x: Region,
  groupSize: number,
  thresholds: Float32Array,
  scales: Region,
  first: number,
  count: number,
): void {
  checkCount(count, chunk);
  checkScales(scales, groupSize, first, count);
  checkLength(thresholds, SCALES - 1, 'thresholds');
  checkRising(thresholds, 'thresholds');
  const [least = 0, most = 0] = [thresholds[0], thresholds.at(-1)];
  require(least >= 0 && most < Infinity, `thresholds from ${least} to ${most} are no mean squares`);
  checkEnd(x, count * 4);
  checkDistinct(scales, x);
}

export function checkQuantizeGroups(
  chunk: number,
  x: Region,
  scales: Region,
  { bits, groupSize, inverse, boundaries }: GroupQuantizer,
  codes: Region,
  first: number,
  count: number,
): void {
  checkCount(count, chunk);
  checkBits(bits);
  checkScales(scales, groupSize, first, count);
  checkLength(inverse, SCALES, 'inverse scales');
  checkLength(boundaries, (1 << bits) - 1, 'boundaries');
  checkRising(boundaries, 'boundaries');
  checkEnd(x, count * 4);
  checkEnd(codes, packedBytes(first + count, bits));
  checkDistinct(codes, x, scales);
}

export function checkDequantizeGroups(
  chunk: number,
  codes: Region,
  scales: Region,
  table: GroupTable,
  out: Region,
  first: number,
  count: number,
): void {
  checkCount(count, chunk);
  checkBits(table.bits);
  checkScales(scales, table.groupSize, first, count);
  checkLength(table.values, 1 << table.bits, 'values of codes');
  checkLength(table.scales, SCALES, 'scales');
  checkEnd(codes, packedBytes(first + count, table.bits));
  checkEnd(out, count * 4);
  checkDistinct(out, codes, scales);
}
