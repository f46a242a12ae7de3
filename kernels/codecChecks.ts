/** Checks of the arguments of the codec stages, the same for every backend. All throw RangeError. */
import type { Region } from './memory.ts';
import { checkCount, checkDistinct, checkEnd, require } from './checks.ts';
import {
  CODES,
  FREQUENCY_SUM,
  MOST_ROTATED,
  ORDERS,
  STREAM,
  type Order,
  type PayloadHead,
} from './codecStages.ts';

export function checkRotate(chunk: number, x: Region, index: number, count: number, order: Order): void {
  require(ORDERS.includes(order), `blocks of ${order}: values are rotated by ${ORDERS.join(' or ')}`);
  checkCount(count, chunk);
  checkEnd(x, count * 4);
  const aligned = Number.isInteger(index) && index >= 0 && index % order === 0;
  require(aligned, `element ${index} is no multiple of ${order}`);
  require(index + count <=
    MOST_ROTATED, `element ${index + count}: tensors of up to ${MOST_ROTATED} are rotated`);
}

export function checkCodeCounts(chunk: number, codes: Region, first: number, count: number): void {
  checkCount(count, chunk);
  require(Number.isInteger(first) && first >= 0, `byte ${first} is none of a region`);
  checkEnd(codes, first + count);
}

/** 256 frequencies that add up to FREQUENCY_SUM. */
export function checkFrequencies(frequencies: Uint16Array): void {
  require(frequencies.length === CODES, `${frequencies.length} frequencies: ${CODES} codes have one each`);
  const sum = frequencies.reduce((total, frequency) => total + frequency, 0);
  require(sum === FREQUENCY_SUM, `frequencies add up to ${sum}, not ${FREQUENCY_SUM}`);
}

/** The streams of a call lie in the payload, one behind the other. */
function checkStreams(payload: Region, offsets: Uint32Array, first: number, count: number): void {
  require(Number.isInteger(first) && first >= 0, `stream ${first} is none of a payload`);
  const end = first + Math.ceil(count / STREAM);
  require(end < offsets.length, `stream ${end - 1} of ${Math.max(offsets.length - 1, 0)} was asked for`);
  for (let i = first; i < end; i++) {
    const [from = 0, to = 0] = [offsets[i], offsets[i + 1]];
    require(to >= from + 2, `stream ${i} begins at word ${from} and ends at word ${to}`);
  }
  if (count > 0) checkEnd(payload, (offsets[end] ?? 0) * 2);
}

export function checkRansDecode(
  chunk: number,
  payload: Region,
  { frequencies, offsets }: PayloadHead,
  codes: Region,
  firstStream: number,
  count: number,
  at: number,
): void {
  checkCount(count, chunk);
  checkFrequencies(frequencies);
  checkStreams(payload, offsets, firstStream, count);
  require(Number.isInteger(at) && at >= 0 && at % STREAM === 0, `byte ${at} is no multiple of ${STREAM}`);
  checkEnd(codes, at + count);
  checkDistinct(codes, payload);
}
