/** Stages whose values share a scale within a group. */
import { GROUP_SIZES, groupsOf } from '../groups.ts';
import { flushed } from '../ftz.ts';
import type { Region } from '../memory.ts';
import { checkEnd, checkFirst, require } from './checks.ts';
import type { Binding } from './stage.ts';
import { OFFSET_BYTES } from './windows.ts';

/** Checks that the scales of a call's groups lie in their region. */
export function checkScales(scales: Region, groupSize: number, first: number, count: number): void {
  const sizes: readonly number[] = GROUP_SIZES;
  require(sizes.includes(
    groupSize,
  ), `groups of ${groupSize} values: ${GROUP_SIZES.join(', ')} are supported`);
  checkFirst(first);
  checkEnd(scales, groupsOf(first + count, groupSize));
}

export function checkLength(table: Float32Array, length: number, what: string): void {
  require(table.length === length, `${table.length} ${what} where ${length} are needed`);
}

export function checkRising(table: Float32Array, what: string): void {
  const rising = table.every((value, i) => value >= (table[i - 1] ?? -Infinity));
  require(rising, `the ${what} do not rise`);
}

/** The window with the scales of a call's groups, and the byte in it where they begin. */
export function scaleWindow(
  scales: Region,
  groupSize: number,
  first: number,
  count: number,
): { window: Binding; byte: number } {
  const begin = first / groupSize;
  const byte = begin % OFFSET_BYTES;
  const bytes = byte + groupsOf(count, groupSize);
  return { window: { memory: scales, offset: begin - byte, bytes }, byte };
}

/** Tables of a stage, flushed, one after the other. */
export function tableOf(...tables: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const joined = new Float32Array(tables.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const table of tables) for (const value of table) joined[at++] = flushed(value);
  return joined;
}
