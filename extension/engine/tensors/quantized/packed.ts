/** Reads codes packed in words, with a scale and a zero for each group of a row's values. */
import { UserError } from '../../../shared/errors.ts';
import type { PackedMatrix, PackedSource } from '../../../formats/quantized/sources.ts';
import type { ReadContext, SourceKind } from '../sourceKind.ts';
import { computeInto, RECTANGLE_VALUES, type Rectangle } from './rectangles.ts';
import { integersIn, isSameRange, numbersIn, readIntegers, type Part } from './sideTensors.ts';

/** Of a rectangle of a transposed matrix, for each of which its columns are read from end to end. */
const TRANSPOSED_VALUES = 1 << 21;

export const packed: SourceKind<PackedSource> = {
  kind: 'packed',
  // Values, the same rounded, codes as bytes and in words, and scales and zeros, of which a few codes have one each.
  working: ({ transposed }) => (4 + 2 + 1 + 4 + 1) * (transposed ? TRANSPOSED_VALUES : RECTANGLE_VALUES),
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
  const { row, rows, columns } = rectangle;
  const { first, count, of } = await groupsOf(context, source, rectangle);
  const ofRows: Part = { row, rows, column: first, columns: count };
  const ofGroups = transposed ? turned(ofRows) : ofRows;
  const [codes, scale, zero] = await Promise.all([
    unpack(context, source.codes, transposed ? turned(rectangle) : rectangle),
    numbersIn(context, scales, ofGroups),
    zeros && unpack(context, zeros, ofGroups),
  ]);
  const mask = zeros ? 2 ** zeros.bits - 1 : 0;
  const middle = new Float32Array(scale.length).fill(source.zero);
  if (zero) for (let i = 0; i < middle.length; i++) middle[i] = ((zero[i] as number) + source.zero) & mask;
  // How far apart the codes of a column and of a row are, and the scales.
  const [down, right] = transposed ? [1, rows] : [columns, 1];
  const [scaleDown, scaleRight] = transposed ? [1, rows] : [count, 1];
  const values = new Float32Array(rows * columns);
  // A few columns at a time: codes down a column are side by side in a transposed matrix.
  for (let begin = 0; begin < columns; begin += STRIP) {
    const end = Math.min(columns, begin + STRIP);
    for (let r = 0; r < rows; r++)
      for (let c = begin; c < end; c++) {
        const at = r * scaleDown + (of[c] as number) * scaleRight;
        const code = codes[r * down + c * right] as number;
        values[r * columns + c] = (code - (middle[at] as number)) * (scale[at] as number);
      }
  }
  return values;
}

/** Columns that are computed together: as many as their values fill a line of the processor's cache. */
const STRIP = 16;

const turned = ({ row, rows, column, columns }: Part): Part => ({
  row: column,
  rows: columns,
  column: row,
  columns: rows,
});

/** The groups that a rectangle's columns are in, and which each is `of`, counted from the first. */
async function groupsOf(
  context: ReadContext,
  { file, name, scales, transposed, groupSize, groupOf }: PackedSource,
  { column, columns }: Rectangle,
): Promise<{ readonly first: number; readonly count: number; readonly of: Int32Array }> {
  if (!groupOf) {
    const first = Math.floor(column / groupSize);
    const of = new Int32Array(columns);
    for (let c = 0; c < columns; c++) of[c] = Math.floor((column + c) / groupSize) - first;
    return { first, count: (of[columns - 1] as number) + 1, of };
  }
  const count = scales.shape[transposed ? 0 : 1] ?? 0;
  const of = await readIntegers(context, groupOf, column, columns);
  const wrong = of.find(group => group < 0 || group >= count);
  if (wrong !== undefined)
    throw new UserError(
      `${file}: tensor "${name}": ${groupOf.name} names group ${wrong} of ${count}; quantize the model again`,
    );
  return { first: 0, count, of };
}

/** Part of a matrix of codes, row by row. */
async function unpack(
  context: ReadContext,
  { words, bits, alongColumn, places }: PackedMatrix,
  { row, rows, column, columns }: Part,
): Promise<Uint8Array> {
  const [first, count] = alongColumn ? [row, rows] : [column, columns];
  // Codes that are not in order may be anywhere in their word, but in no other.
  const from = Math.floor((first * bits) / WORD);
  const until = Math.ceil(((first + count) * bits) / WORD);
  const read = await integersIn(
    context,
    words,
    alongColumn
      ? { row: from, rows: until - from, column, columns }
      : { row, rows, column: from, columns: until - from },
  );
  const bitOf = (code: number) =>
    (places
      ? WORD * Math.floor(code / places.length) + bits * (places[code % places.length] as number)
      : code * bits) -
    WORD * from;
  const codes = new Uint8Array(rows * columns);
  const mask = 2 ** bits - 1;
  // From a row of words to the next, and from a code's word to the next of the same row or column.
  const [line, next] = alongColumn ? [0, columns] : [until - from, 1];
  const begins = new Int32Array(count);
  for (let i = 0; i < count; i++) begins[i] = bitOf(first + i);
  for (let r = 0, i = 0; r < rows; r++) {
    if (alongColumn) {
      const begin = begins[r] as number;
      const [shift, word] = [begin & 31, (begin >> 5) * next];
      // Of 3 bits, some are in two words.
      const isSplit = shift + bits > WORD;
      for (let c = 0; c < columns; c++, i++) {
        const low = (read[word + c] as number) >>> shift;
        codes[i] = (isSplit ? low | ((read[word + next + c] as number) << (WORD - shift)) : low) & mask;
      }
    } else
      for (let c = 0; c < columns; c++, i++) {
        const begin = begins[c] as number;
        const [shift, word] = [begin & 31, r * line + (begin >> 5)];
        const low = (read[word] as number) >>> shift;
        codes[i] =
          (shift + bits > WORD ? low | ((read[word + next] as number) << (WORD - shift)) : low) & mask;
      }
  }
  return codes;
}

const WORD = 32;
