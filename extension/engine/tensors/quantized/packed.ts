/** Reads codes packed in words, with a scale and a zero for each group of a row's values. */
import { UserError } from '../../../shared/errors.ts';
import type { PackedMatrix, PackedSource } from '../../../formats/quantized/sources.ts';
import type { ReadContext, SourceKind } from '../sourceKind.ts';
import { computeInto, RECTANGLE_VALUES, type Rectangle } from './rectangles.ts';
import { isSameRange, readNumbers, readPart, type Part } from './sideTensors.ts';

/** Of a rectangle of a transposed matrix, for each of which its columns are read from end to end. */
const TRANSPOSED_VALUES = 1 << 21;

export const packed: SourceKind<PackedSource> = {
  kind: 'packed',
  read: (context, source, view, begin) =>
    computeInto(source, view, begin, source.transposed ? TRANSPOSED_VALUES : RECTANGLE_VALUES, rectangle =>
      valuesOf(context, source, rectangle),
    ),
  isSame: (a, b) => isSameRange(a.codes.words, b.codes.words) && isSameRange(a.scales, b.scales),
};

async function valuesOf(
  context: ReadContext,
  source: PackedSource,
  rectangle: Rectangle,
): Promise<Float32Array> {
  const { transposed, scales, zeros } = source;
  const { row, rows, column, columns } = rectangle;
  const groups = await groupsOf(context, source, rectangle);
  const across: Part = { row, rows, column: groups.first, columns: groups.count };
  const ofGroups = transposed ? turned(across) : across;
  const [codes, scale, zero] = await Promise.all([
    unpack(context, source.codes, transposed ? turned(rectangle) : rectangle),
    readPart(context, scales, ofGroups),
    zeros && unpack(context, zeros, ofGroups),
  ]);
  const mask = zeros ? 2 ** zeros.bits - 1 : 0;
  const values = new Float32Array(rows * columns);
  // How far apart a row's neighbours are, and a column's.
  const [down, right] = transposed ? [1, rows] : [columns, 1];
  const [groupDown, groupRight] = transposed ? [1, rows] : [groups.count, 1];
  for (let r = 0, i = 0; r < rows; r++)
    for (let c = 0; c < columns; c++, i++) {
      const group = r * groupDown + groups.of(column + c) * groupRight;
      const middle = zero ? ((zero[group] as number) + source.zero) & mask : source.zero;
      values[i] = ((codes[r * down + c * right] as number) - middle) * (scale[group] as number);
    }
  return values;
}

const turned = ({ row, rows, column, columns }: Part): Part => ({
  row: column,
  rows: columns,
  column: row,
  columns: rows,
});

/** The groups that a rectangle's columns are in. */
async function groupsOf(
  context: ReadContext,
  { file, name, scales, transposed, groupSize, groupOf }: PackedSource,
  { column, columns }: Rectangle,
) {
  if (!groupOf) {
    const first = Math.floor(column / groupSize);
    const count = Math.floor((column + columns - 1) / groupSize) - first + 1;
    return { first, count, of: (at: number) => Math.floor(at / groupSize) - first };
  }
  const count = scales.shape[transposed ? 0 : 1] ?? 0;
  const index = await readNumbers(context, groupOf, column, columns);
  const wrong = index.find(group => group < 0 || group >= count);
  if (wrong !== undefined)
    throw new UserError(
      `${file}: tensor "${name}": ${groupOf.name} names group ${wrong} of ${count}; quantize the model again`,
    );
  return { first: 0, count, of: (at: number) => index[at - column] as number };
}

/** Part of a matrix of codes, row by row. */
async function unpack(
  context: ReadContext,
  { words, bits, alongColumn, places }: PackedMatrix,
  { row, rows, column, columns }: Part,
): Promise<Uint8Array> {
  /** The words that hold codes [first, first + count); those that are not in order may be anywhere in theirs. */
  const within = (first: number, count: number) => {
    const from = Math.floor((first * bits) / 32);
    return { from, count: Math.ceil(((first + count) * bits) / 32) - from };
  };
  const along = alongColumn ? within(row, rows) : within(column, columns);
  const part = alongColumn
    ? { row: along.from, rows: along.count, column, columns }
    : { row, rows, column: along.from, columns: along.count };
  const read = await readPart(context, words, part);
  const codes = new Uint8Array(rows * columns);
  const mask = 2 ** bits - 1;
  const width = part.columns;
  for (let r = 0, i = 0; r < rows; r++)
    for (let c = 0; c < columns; c++, i++) {
      const code = alongColumn ? row + r : column + c;
      const bit = places
        ? 32 * Math.floor(code / places.length) + bits * (places[code % places.length] as number)
        : code * bits;
      const word = Math.floor(bit / 32) - along.from;
      const shift = bit % 32;
      const at = alongColumn ? word * width + c : r * width + word;
      let value = (read[at] as number) >>> shift;
      // Of 3 bits, some are in two words.
      if (shift + bits > 32) value |= (read[at + (alongColumn ? width : 1)] as number) << (32 - shift);
      codes[i] = value & mask;
    }
  return codes;
}
