/** Checks of the arguments of a backend's operations, the same for every backend. All throw RangeError. */
import { BYTES_PER_ELEMENT, CHUNK_ALIGNMENT, type Region, type Slice } from '../memory.ts';

export function require(holds: boolean, message: string): void {
  if (!holds) throw new RangeError(message);
}

export function checkCount(count: number, chunk: number): void {
  require(Number.isInteger(count) &&
    count >= 0 &&
    count <= chunk, `${count} elements: 0 to ${chunk} fit a call`);
}

export function checkFirst(first: number): void {
  const aligned = Number.isInteger(first) && first >= 0 && first % CHUNK_ALIGNMENT === 0;
  require(aligned, `element ${first} is not a multiple of ${CHUNK_ALIGNMENT}`);
}

export function checkEnd(region: Region, end: number): void {
  require(end <= region.bytes, `byte ${end} lies outside a region of ${region.bytes} bytes`);
}

export function checkSlice(slice: Slice, count: number): void {
  checkFirst(slice.first);
  checkEnd(slice.region, (slice.first + count) * BYTES_PER_ELEMENT[slice.type]);
}

export function checkBits(bits: number): void {
  require(Number.isInteger(bits) && bits >= 1 && bits <= 8, `${bits} bits: codes have 1 to 8`);
}

export function checkInteger(what: string, value: number, end: number): void {
  require(Number.isInteger(value) && value >= 0 && value < end, `${what} ${value} is not in 0 to ${end - 1}`);
}

/** `out` is written while the others are read. */
export function checkDistinct(out: Region, ...inputs: readonly (Region | undefined)[]): void {
  require(!inputs.includes(out), 'a region cannot be both read and written by one operation');
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

/** Of write and read: `offset` a multiple of 4, everything inside the region. */
export function checkBytes(region: Region, offset: number, bytes: number): void {
  require(Number.isInteger(offset) &&
    offset >= 0 &&
    offset % 4 === 0, `offset ${offset} is not a multiple of 4`);
  require(Number.isInteger(bytes) && bytes >= 0, `${bytes} is not a number of bytes`);
  checkEnd(region, offset + bytes);
}
