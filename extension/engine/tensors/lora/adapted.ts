/** Tensors of a base model changed by an adapter: W + Σ scale·matrix, with DoRA then scaled by rows or columns; rows of
 * single tokens may be replaced. */
import { sidesOf, type AdaptedSource, type Magnitude } from '../../../formats/lora/deltaSource.ts';
import { elementCount } from '../../../formats/dtype.ts';
import type { SourceContext, SourceKind } from '../sourceKind.ts';
import { addDeltas, fillByRows, rowsAtATime, rowsMemory } from './deltas.ts';
import { readElements } from './matrixBlocks.ts';

export const adapted: SourceKind<AdaptedSource> = {
  kind: 'adapted',
  working: source => rowsMemory(sidesOf(source)[1]) + (source.magnitude ? 8 * sidesOf(source)[1] : 0),
  isSame: (a, b) => JSON.stringify({ ...a, name: '' }) === JSON.stringify({ ...b, name: '' }),
  read: (context, source, view, begin) =>
    fillByRows(context.signal, sidesOf(source)[1], begin / 4, view, (row, rows) =>
      readRows(context, source, row, rows),
    ),
};

/** Whole rows of the changed tensor. */
async function readRows(
  context: SourceContext,
  source: AdaptedSource,
  row: number,
  rows: number,
): Promise<Float32Array> {
  const { base, deltas, magnitude, tokens } = source;
  const [, cols] = sidesOf(source);
  const values = await readElements(context, base, row * cols, rows * cols);
  await addDeltas(context, deltas, values, { row, rows, cols });
  if (magnitude) await scaleTo(context, source, magnitude, values, row, rows);
  for (const [i, index] of tokens?.indices.entries() ?? [])
    if (index >= row && index < row + rows)
      values.set(await readElements(context, tokens!.source, i * cols, cols), (index - row) * cols);
  return values;
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
  const [step, width] = [rowsAtATime(cols), cols / channels];
  for (let row = 0; row < all; row += step) {
    context.signal.throwIfAborted();
    const values = await readRows(context, source, row, Math.min(step, all - row));
    for (let i = 0; i < values.length; i++) sums[Math.floor((i % cols) / width)]! += values[i]! * values[i]!;
  }
  return sums.map(Math.sqrt);
}
