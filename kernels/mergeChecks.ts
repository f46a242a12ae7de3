/** Checks of the arguments of the merge stages, the same for every backend. All throw RangeError. */
import type { Region } from './memory.ts';
import { checkCount, checkDistinct, checkEnd, require } from './checks.ts';
import { MAX_ROW, RADIX_LEVELS, type RandomStream, type Rows } from './mergeStages.ts';

const WORDS = 2 ** 32;

/** The smallest float32 that is not flushed. */
const LEAST_NORMAL = 2 ** -126;

function checkInteger(what: string, value: number, end: number): void {
  require(Number.isInteger(value) && value >= 0 && value < end, `${what} ${value} is not in 0 to ${end - 1}`);
}

/** `count` F32 values at the start of each region; those that are written are distinct from all others. */
export function checkValues(
  chunk: number,
  count: number,
  written: readonly Region[],
  read: readonly Region[] = [],
): void {
  checkCount(count, chunk);
  for (const region of [...written, ...read]) checkEnd(region, count * 4);
  written.forEach((region, i) => checkDistinct(region, ...written.slice(i + 1), ...read));
}

export function checkHistogram(
  chunk: number,
  x: Region,
  level: 0 | 1 | 2,
  prefix: number,
  count: number,
): void {
  checkValues(chunk, count, [], [x]);
  const { shift, bits } = RADIX_LEVELS[level];
  checkInteger('prefix', prefix, 2 ** (31 - shift - bits));
}

export function checkTrim(chunk: number, x: Region, threshold: number, count: number): void {
  checkValues(chunk, count, [x]);
  checkInteger('threshold', threshold, 2 ** 31);
}

/** A share of zero must be below `least`: nothing is divided by it. */
export function checkQuotient(chunk: number, x: Region, share: Region, least: number, count: number): void {
  checkValues(chunk, count, [x], [share]);
  require(least >= LEAST_NORMAL && least < Infinity, `least share ${least} is no positive normal number`);
}

export function checkConsensusVote(
  chunk: number,
  total: Region,
  x: Region,
  lambda: number,
  votes: Region,
  count: number,
): void {
  checkValues(chunk, count, [votes], [total, x]);
  require(lambda >= 0, `lambda ${lambda} is negative`);
}

/** Whole rows of the region: one of up to MAX_ROW values, or several in a chunk. */
function checkRows(chunk: number, { region, first, rows, length }: Rows): void {
  for (const value of [first, rows, length]) checkInteger('number', value, WORDS);
  require(length <= MAX_ROW, `rows of ${length} values: up to ${MAX_ROW} are supported`);
  if (rows > 1) checkCount(rows * length, chunk);
  checkEnd(region, (first + rows * length) * 4);
}

export function checkRowBand(chunk: number, x: Rows, drop: number, keep: number): void {
  checkRows(chunk, x);
  checkInteger('drop', drop, 2 ** 31);
  checkInteger('keep', keep, 2 ** 31);
}

function checkStream({ seed, tensor, task }: RandomStream, index: number): void {
  for (const value of [...seed, tensor, task]) checkInteger('word of the stream', value, WORDS);
  checkInteger('element', index, 4 * WORDS);
}

export function checkRandomDrop(
  chunk: number,
  x: Region,
  keepBelow: number,
  stream: RandomStream,
  index: number,
  count: number,
): void {
  checkValues(chunk, count, [x]);
  checkInteger('keepBelow', keepBelow, WORDS + 1);
  checkStream(stream, index);
  require(index % 4 === 0, `element ${index} is no multiple of 4`);
}

export function checkRankDrop(
  chunk: number,
  x: Rows,
  low: number,
  step: number,
  stream: RandomStream,
  index: number,
): void {
  checkRows(chunk, x);
  checkInteger('low', low, WORDS);
  checkInteger('step', step, WORDS);
  checkInteger('keep of the last rank', low + Math.max(x.length - 1, 0) * step, WORDS);
  checkStream(stream, index);
}
