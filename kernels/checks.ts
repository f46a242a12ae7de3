/** Checks of the arguments of a backend's operations, the same for every backend. All throw RangeError. */
import { BYTES_PER_ELEMENT, CHUNK_ALIGNMENT, MAX_MEAN_TASKS, packedBytes, type Affine } from './backend.ts';
import type { FloatType, Region, Slice } from './memory.ts';

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
  require(aligned, `element ${first} is no multiple of ${CHUNK_ALIGNMENT}`);
}

export function checkEnd(region: Region, end: number): void {
  require(end <= region.bytes, `byte ${end} lies outside a region of ${region.bytes} bytes`);
}

function checkSlice(slice: Slice, count: number): void {
  checkFirst(slice.first);
  checkEnd(slice.region, (slice.first + count) * BYTES_PER_ELEMENT[slice.type]);
}

export function checkBits(bits: number): void {
  require(Number.isInteger(bits) && bits >= 1 && bits <= 8, `${bits} bits: codes have 1 to 8`);
}

/** `out` is written while the others are read. */
export function checkDistinct(out: Region, ...inputs: readonly (Region | undefined)[]): void {
  require(!inputs.includes(out), 'a region cannot be both read and written by one operation');
}

/** Of write and read: `offset` a multiple of 4, everything inside the region. */
export function checkBytes(region: Region, offset: number, bytes: number): void {
  require(Number.isInteger(offset) &&
    offset >= 0 &&
    offset % 4 === 0, `offset ${offset} is no multiple of 4`);
  require(Number.isInteger(bytes) && bytes >= 0, `${bytes} is no number of bytes`);
  checkEnd(region, offset + bytes);
}

export function checkDeltaMinmax(
  chunk: number,
  tuned: Slice,
  reference: Slice | undefined,
  out: Region | undefined,
  count: number,
): void {
  checkCount(count, chunk);
  checkSlice(tuned, count);
  if (reference) checkSlice(reference, count);
  if (!out) return;
  checkEnd(out, count * 4);
  checkDistinct(out, tuned.region, reference?.region);
}

export function checkAccumulate(chunk: number, sum: Region, tuned: Slice, count: number): void {
  checkCount(count, chunk);
  checkSlice(tuned, count);
  checkEnd(sum, count * 4);
  checkDistinct(sum, tuned.region);
}

export function checkMeanDelta(
  chunk: number,
  sum: Region,
  tasks: number,
  base: Slice,
  out: Region,
  count: number,
): void {
  checkCount(count, chunk);
  checkEnd(sum, count * 4);
  checkSlice(base, count);
  checkEnd(out, count * 4);
  checkDistinct(out, base.region);
  const divisible = Number.isInteger(tasks) && tasks >= 1 && tasks <= MAX_MEAN_TASKS;
  require(divisible, `the mean of ${tasks} tasks: 1 to ${MAX_MEAN_TASKS} are supported`);
}

export function checkQuantizePack(
  chunk: number,
  x: Region,
  affine: Affine,
  codes: Region,
  first: number,
  count: number,
): void {
  checkCount(count, chunk);
  checkBits(affine.bits);
  checkEnd(x, count * 4);
  checkFirst(first);
  checkEnd(codes, packedBytes(first + count, affine.bits));
  checkDistinct(codes, x);
}

export function checkUnpackDequantize(
  chunk: number,
  codes: Region,
  first: number,
  bits: number,
  table: Float32Array,
  addend: Slice | undefined,
  out: Region,
  outFirst: number,
  count: number,
): void {
  checkCount(count, chunk);
  checkBits(bits);
  require(table.length === 1 << bits, `a table of ${table.length} values for codes of ${bits} bits`);
  checkFirst(first);
  checkEnd(codes, packedBytes(first + count, bits));
  checkSlice({ region: out, type: 'F32', first: outFirst }, count);
  if (addend) checkSlice(addend, count);
  checkDistinct(out, codes, addend?.region);
}

export function checkDeltaEnergy(chunk: number, tuned: Slice, base: Slice | undefined, count: number): void {
  checkCount(count, chunk);
  checkSlice(tuned, count);
  if (base) checkSlice(base, count);
}

export function checkEncode(chunk: number, x: Slice, type: FloatType, out: Region, count: number): void {
  checkCount(count, chunk);
  checkSlice(x, count);
  require(x.type === 'F32', `encode reads F32, not ${x.type}`);
  checkEnd(out, count * BYTES_PER_ELEMENT[type]);
  checkDistinct(out, x.region);
}
