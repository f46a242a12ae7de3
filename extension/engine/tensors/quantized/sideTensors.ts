/** Reads parts of the tensors that values are computed from. */
import { DTYPE_BITS, elementCount } from '../../../formats/dtype.ts';
import { byteValues, lookedUp } from '../../../formats/floatBits.ts';
import { toFloats } from '../decode.ts';
import type { RangeSource } from '../../../formats/tensorSource.ts';
import type { ReadContext } from '../sourceKind.ts';

/** Elements [first, first + count) as bytes. */
export async function readBytes(
  { files, signal }: ReadContext,
  { file, offset, dtype }: RangeSource,
  first: number,
  count: number,
): Promise<Uint8Array<ArrayBuffer>> {
  signal.throwIfAborted();
  const size = DTYPE_BITS[dtype] / 8;
  const bytes = new Uint8Array(count * size);
  await files.read(file, bytes, offset + first * size);
  return bytes;
}

/** Elements [first, first + count) as numbers: floats, and integers of 8 bits with a sign. */
export const readNumbers = async (
  context: ReadContext,
  source: RangeSource,
  first = 0,
  count = elementCount(source.shape),
): Promise<Float32Array> => numbersOf(await readBytes(context, source, first, count), source);

const numbersOf = (bytes: Uint8Array<ArrayBuffer>, { dtype }: RangeSource): Float32Array =>
  DTYPE_BITS[dtype] === 8 ? lookedUp(byteValues(dtype), bytes) : toFloats(bytes, dtype);

/** Elements [first, first + count) of a tensor of 32-bit integers. */
export const readIntegers = async (
  context: ReadContext,
  source: RangeSource,
  first: number,
  count: number,
): Promise<Int32Array> => new Int32Array((await readBytes(context, source, first, count)).buffer);

/** Part of a matrix: `rows` from `row` on, of each `columns` from `column` on. */
export interface Part {
  readonly row: number;
  readonly rows: number;
  readonly column: number;
  readonly columns: number;
}

/** Bytes that are read at once, where more is read than needed. */
const SLAB_BYTES = 1 << 20;
/** To pass over less takes longer than to read it. */
const GAP_BYTES = 64 << 10;

/** Part of a stored matrix of numbers, row by row. */
export const numbersIn = async (
  context: ReadContext,
  source: RangeSource,
  part: Part,
): Promise<Float32Array> => numbersOf(await bytesIn(context, source, part), source);

/** Part of a stored matrix of 32-bit integers, row by row. */
export const integersIn = async (
  context: ReadContext,
  source: RangeSource,
  part: Part,
): Promise<Int32Array> => new Int32Array((await bytesIn(context, source, part)).buffer);

async function bytesIn(
  context: ReadContext,
  source: RangeSource,
  { row, rows, column, columns }: Part,
): Promise<Uint8Array<ArrayBuffer>> {
  const width = source.shape.at(-1) ?? 1;
  const size = DTYPE_BITS[source.dtype] / 8;
  if (columns === width) return readBytes(context, source, row * width, rows * width);
  const together = (width - columns) * size < GAP_BYTES;
  const slab = together ? Math.max(1, Math.floor(SLAB_BYTES / (width * size))) : 1;
  const bytes = new Uint8Array(rows * columns * size);
  for (let done = 0; done < rows; done += slab) {
    const count = Math.min(slab, rows - done);
    const first = (row + done) * width + column;
    const read = await readBytes(context, source, first, (count - 1) * width + columns);
    for (let i = 0; i < count; i++)
      bytes.set(read.subarray(i * width * size).subarray(0, columns * size), (done + i) * columns * size);
  }
  return bytes;
}

/** Whether two sources are one tensor. */
export const isSameRange = (a: RangeSource | undefined, b: RangeSource | undefined): boolean =>
  a?.file === b?.file && a?.offset === b?.offset;
