/** Reads codes of 8 bits with scales for blocks of rows and columns. */
import { matrixOf, type ScaledSource } from '../../../formats/quantized/sources.ts';
import { byteValues } from '../../../formats/floatBits.ts';
import type { ReadContext } from '../sourceKind.ts';
import { ofRectangles, type Rectangle } from './rectangles.ts';
import { readBytes, readNumbers } from './sideTensors.ts';

export const scaled = ofRectangles<ScaledSource>('scaled', valuesOf);

async function valuesOf(
  context: ReadContext,
  source: ScaledSource,
  rectangle: Rectangle,
): Promise<Float32Array> {
  const { codes, scales, zeros, factor } = source;
  const { row, rows, column, columns, width } = rectangle;
  const bytes = await readBytes(context, codes, row * width + column, rows * columns);
  const table = byteValues(codes.dtype);
  const values = new Float32Array(bytes.length);
  if (!scales) {
    for (let i = 0; i < bytes.length; i++) values[i] = table[bytes[i] as number] as number;
    return values;
  }
  const blocks = blocksOf(source, rectangle);
  const [scale, zero] = await Promise.all([
    readNumbers(context, scales, blocks.first, blocks.count),
    zeros ? readNumbers(context, zeros, blocks.first, blocks.count) : undefined,
  ]);
  const across = source.block?.[1] ?? width;
  for (let r = 0, i = 0; r < rows; r++) {
    const line = blocks.lineOf(row + r);
    for (let c = column; c < column + columns;) {
      const at = line + Math.floor(c / across);
      const end = Math.min(column + columns, (Math.floor(c / across) + 1) * across);
      const [s, z] = [scale[at] as number, zero?.[at] ?? 0];
      // The product is a float32 before the factor, as in the library whose weights have one.
      if (factor === 1) for (; c < end; c++, i++) values[i] = ((table[bytes[i] as number] as number) - z) * s;
      else
        for (; c < end; c++, i++) values[i] = Math.fround((table[bytes[i] as number] as number) * s) * factor;
    }
  }
  return values;
}

/** The scales of a rectangle: those of its rows of blocks, or of a part of one. */
function blocksOf(source: ScaledSource, { row, rows, column, columns, width }: Rectangle) {
  if (!source.block) return { first: 0, count: 1, lineOf: () => 0 };
  const [down, across] = source.block;
  const { rows: height } = matrixOf(source.shape);
  const [perLine, perMatrix] = [Math.ceil(width / across), Math.ceil(height / down)];
  /** Of the blocks that a row is in, counted over all matrices. */
  const lineOf = (at: number) =>
    (Math.floor(at / height) * perMatrix + Math.floor((at % height) / down)) * perLine;
  const first = lineOf(row) + Math.floor(column / across);
  const last = lineOf(row + rows - 1) + Math.floor((column + columns - 1) / across);
  return { first, count: last - first + 1, lineOf: (at: number) => lineOf(at) - first };
}
