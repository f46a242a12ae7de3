/** Tensors of a base model changed by an adapter: W + Σ scale·matrix, with DoRA then scaled by rows or columns. */
import {
  sidesOf,
  type AdaptedSource,
  type Delta,
  type Magnitude,
} from '../../../formats/lora/deltaSource.ts';
import { elementCount } from '../../../formats/dtype.ts';
import type { SourceContext, SourceKind } from '../sourceKind.ts';
import { readBlock, readElements } from './matrixBlocks.ts';

/** Values that are computed at a time: their rows, and what they are made from, take a few megabytes. */
const PIECE = 2 ** 19;
/** The fewest columns that are computed at a time: each row of a factor is then read by pages. */
const LEAST_COLUMNS = 1024;

export const adapted: SourceKind<AdaptedSource> = {
  kind: 'adapted',
  // The base's values as stored and as floats, their change, and a factor's values as stored and as floats.
  working: source =>
    Math.max(PIECE, sidesOf(source)[1]) * (4 + 4 + 4 + 2 + 4) +
    (source.magnitude ? 8 * sidesOf(source)[1] : 0),
  isSame: (a, b) => JSON.stringify({ ...a, name: '' }) === JSON.stringify({ ...b, name: '' }),
  async read(context, source, view, begin) {
    const [, cols] = sidesOf(source);
    const end = begin / 4 + view.length / 4;
    const step = Math.max(1, Math.floor(PIECE / cols));
    for (let first = begin / 4; first < end;) {
      context.signal.throwIfAborted();
      const row = Math.floor(first / cols);
      const rows = Math.min(step, Math.ceil(end / cols) - row);
      const values = await readRows(context, source, row, rows);
      const until = Math.min(end, (row + rows) * cols);
      const piece = values.subarray(first - row * cols, until - row * cols);
      view.set(new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength), 4 * first - begin);
      first = until;
    }
  },
};

/** Whole rows of the changed tensor. */
async function readRows(
  context: SourceContext,
  source: AdaptedSource,
  row: number,
  rows: number,
): Promise<Float32Array> {
  const { base, deltas, magnitude } = source;
  const [, cols] = sidesOf(source);
  const values = await readElements(context, base, row * cols, rows * cols);
  for (const delta of deltas) await addDelta(context, delta, values, row, rows, cols);
  if (magnitude) await scaleTo(context, source, magnitude, values, row, rows);
  return values;
}

async function addDelta(
  context: SourceContext,
  { matrix, scale, alpha, firstRow }: Delta,
  values: Float32Array,
  row: number,
  rows: number,
  cols: number,
): Promise<void> {
  const [from, to] = [Math.max(row, firstRow), Math.min(row + rows, firstRow + matrix.rows)];
  if (from >= to) return;
  const factor = Math.fround(scale * (alpha ? (await readElements(context, alpha, 0, 1))[0]! : 1));
  const inner = matrix.form === 'product' ? matrix.left.cols : to - from;
  const step = Math.max(LEAST_COLUMNS, Math.floor(PIECE / inner));
  for (let col = 0; col < cols; col += step) {
    const width = Math.min(step, cols - col);
    const block = { row: from - firstRow, rows: to - from, col, cols: width };
    const change = await readBlock(context, matrix, block);
    for (let i = from; i < to; i++) {
      const [at, first] = [(i - row) * cols + col, (i - from) * width];
      for (let j = 0; j < width; j++) values[at + j]! += Math.fround(factor * change.values[first + j]!);
    }
  }
}

/** DoRA (arXiv 2402.09353, eq. 5): W' = m · V/‖V‖, with the norms of rows in PEFT, of either in LyCORIS. */
async function scaleTo(
  context: SourceContext,
  source: AdaptedSource,
  { source: magnitude, of }: Magnitude,
  values: Float32Array,
  row: number,
  rows: number,
): Promise<void> {
  const [, cols] = sidesOf(source);
  const wanted = await readElements(context, magnitude, 0, elementCount(magnitude.shape));
  if (of === 'rows') {
    for (let i = 0; i < rows; i++) {
      const own = values.subarray(i * cols, (i + 1) * cols);
      const factor = wanted[row + i]! / Math.sqrt(own.reduce((sum, value) => sum + value * value, 0));
      for (let j = 0; j < cols; j++) own[j]! *= factor;
    }
    return;
  }
  const norms = await columnNorms(context, source, wanted.length);
  const width = cols / wanted.length;
  for (let i = 0; i < values.length; i++) {
    const channel = Math.floor((i % cols) / width);
    values[i]! *= wanted[channel]! / norms[channel]!;
  }
}

/** Norms of the columns of W + ΔW: they take a pass over all of it, once for a source. */
const known = new WeakMap<AdaptedSource, Promise<Float64Array>>();

function columnNorms(context: SourceContext, source: AdaptedSource, channels: number): Promise<Float64Array> {
  const measured =
    known.get(source) ?? measureColumns(context, { ...source, magnitude: undefined }, channels);
  known.set(source, measured);
  return measured;
}

/** @param channels a convolution's input channels: all columns of one have one norm */
async function measureColumns(
  context: SourceContext,
  source: AdaptedSource,
  channels: number,
): Promise<Float64Array> {
  const [all, cols] = sidesOf(source);
  const sums = new Float64Array(channels);
  const [step, width] = [Math.max(1, Math.floor(PIECE / cols)), cols / channels];
  for (let row = 0; row < all; row += step) {
    context.signal.throwIfAborted();
    const values = await readRows(context, source, row, Math.min(step, all - row));
    for (let i = 0; i < values.length; i++) sums[Math.floor((i % cols) / width)]! += values[i]! * values[i]!;
  }
  return sums.map(Math.sqrt);
}
