/** Stages that go row by row, or draw random bits. */
import { MAX_ROW, type Region } from '../memory.ts';
import { checkCount, checkEnd, checkInteger, require } from './checks.ts';
import type { Binding, Kernel } from './stage.ts';
import { OFFSET_BYTES } from './windows.ts';

/** A stretch of whole rows: `rows` rows of `length` values, at most MAX_ROW, from element `first` (any alignment) of
 * an F32 region. */
export interface Rows {
  readonly region: Region;
  readonly first: number;
  readonly rows: number;
  readonly length: number;
}

/** Random bits of one tensor of one task: Philox4x32-10, key = seed, counter = (i div 4, 0, tensor, task), word
 * i mod 4 for element i of the tensor (Salmon et al., SC11). */
export interface RandomStream {
  /** Two 32-bit words. */
  readonly seed: readonly [number, number];
  readonly tensor: number;
  readonly task: number;
}

export const WORDS = 2 ** 32;

/** Whole rows of the region: one of up to MAX_ROW values, or several in a chunk. */
export function checkRows(chunk: number, { region, first, rows, length }: Rows): void {
  for (const value of [first, rows, length]) checkInteger('number', value, WORDS);
  require(length <= MAX_ROW, `rows of ${length} values: up to ${MAX_ROW} are supported`);
  if (rows > 1) checkCount(rows * length, chunk);
  checkEnd(region, (first + rows * length) * 4);
}

export function checkStream({ seed, tensor, task }: RandomStream, index: number): void {
  for (const value of [...seed, tensor, task]) checkInteger('word of the stream', value, WORDS);
  checkInteger('element', index, 4 * WORDS);
}

export const rowsAt = (kernel: Kernel, { region, first }: Rows): number => kernel.at(region, first * 4);

/** A window's offset is a multiple of this many elements. */
const OFFSET_STEP = OFFSET_BYTES / 4;

/** The whole rows, and where in their window the first one begins. */
export function rowWindow({ region, first, rows, length }: Rows): { window: Binding; within: number } {
  const within = first % OFFSET_STEP;
  const window = { memory: region, offset: (first - within) * 4, bytes: (within + rows * length) * 4 };
  return { within, window };
}
