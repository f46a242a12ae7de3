/** Reads codes of 4 bits that stand for the values of a table, times the scale of their block. */
import type { TableSource } from '../../../formats/quantized/sources.ts';
import type { ReadContext } from '../sourceKind.ts';
import { ofRectangles, type Rectangle } from './rectangles.ts';
import { readBytes, readNumbers } from './sideTensors.ts';

export const table = ofRectangles<TableSource>('table', valuesOf);

async function valuesOf(
  context: ReadContext,
  source: TableSource,
  { row, rows, column, columns, width }: Rectangle,
): Promise<Float32Array> {
  const { blockSize } = source;
  const first = row * width + column;
  const values = new Float32Array(rows * columns);
  const firstByte = first >> 1;
  const firstBlock = Math.floor(first / blockSize);
  const blocks = Math.ceil((first + values.length) / blockSize) - firstBlock;
  const bytes = await readBytes(
    context,
    source.codes,
    firstByte,
    ((first + values.length + 1) >> 1) - firstByte,
  );
  const [known, scales] = await Promise.all([
    readNumbers(context, source.table),
    scalesOf(context, source, firstBlock, blocks),
  ]);
  const products = new Float32Array(known.length);
  for (let block = 0, i = 0; block < blocks; block++) {
    const scale = scales[block] as number;
    for (let code = 0; code < products.length; code++) products[code] = (known[code] as number) * scale;
    const end = Math.min(values.length, (firstBlock + block + 1) * blockSize - first);
    for (; i < end; i++) {
      const pair = bytes[((first + i) >> 1) - firstByte] as number;
      values[i] = products[((first + i) & 1) === 0 ? pair >> 4 : pair & 15] as number;
    }
  }
  return values;
}

async function scalesOf(
  context: ReadContext,
  { scales, nested }: TableSource,
  first: number,
  count: number,
): Promise<Float32Array> {
  if (!nested) return readNumbers(context, scales, first, count);
  const { blockSize, offset } = nested;
  const firstBlock = Math.floor(first / blockSize);
  const blocks = Math.ceil((first + count) / blockSize) - firstBlock;
  const codes = await readBytes(context, scales, first, count);
  const [known, outer] = await Promise.all([
    readNumbers(context, nested.table),
    readNumbers(context, nested.scales, firstBlock, blocks),
  ]);
  return Float32Array.from(codes, (code, i) => {
    const scale = outer[Math.floor((first + i) / blockSize) - firstBlock] as number;
    return Math.fround((known[code] as number) * scale) + Math.fround(offset);
  });
}
