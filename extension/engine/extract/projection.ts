/** The part of a change that a low-rank product can hold, found in passes over its rows. */
import { product, type Matrix } from '../../../kernels/product.ts';
import type { ItemContext } from '../scheduler/item.ts';
import { BLOCK_VALUES, type Rows } from './deltaRows.ts';
import { orthonormalise } from './orthonormal.ts';
import { randomSigns } from './randomSigns.ts';
import { spectrumBytes, spectrumOf, type Spectrum } from './spectrum.ts';
import { turned } from './turned.ts';

/** Of a change Δ (or of Δᵀ, where `isTurned`): Y = Δ·W for an orthonormal basis W, which Y·Wᵀ approximates. */
export interface Projection {
  /** Y, a row for each of Δ. */
  readonly values: Matrix;
  /** Wᵀ, a row for each column of Y; undefined: the identity. */
  readonly basis: Matrix | undefined;
  readonly isTurned: boolean;
  /** Of Y. */
  readonly spectrum: Spectrum;
  /** ‖Δ‖². */
  readonly norm: number;
}

/** More passes are worth nothing: rounding is all that changes. */
const MOST_PASSES = 16;
/** A pass that lessens the error by less than this part of it is the last. */
const SETTLED = 1e-3;

/** Columns of a basis for so many singular vectors: the more there are to spare, the fewer passes it takes. */
const widthFor = (rank: number): number => rank + 8 + Math.ceil(rank / 4);

/** Whether a change is better decomposed as a whole: a basis would have half as many columns or more. */
const isWhole = (rank: number, { rows, cols }: Sides): boolean => 2 * widthFor(rank) >= Math.min(rows, cols);

type Sides = Pick<Rows, 'rows' | 'cols'>;

/** The projection that holds the `rank` largest singular values. @param start an earlier one of a lower rank */
export const projectionOf = (
  rows: Rows,
  context: ItemContext,
  rank: number,
  start?: Projection,
): Promise<Projection> =>
  isWhole(rank, rows) ? whole(rows, context) : sketched(rows, context, rank, start?.basis);

/** Bytes of plain memory that `projectionOf` takes. */
export function projectionBytes(sides: Sides, rank: number): number {
  const { rows, cols } = sides;
  const small = Math.min(rows, cols);
  if (isWhole(rank, sides)) return 8 * rows * cols + spectrumBytes(small);
  const width = widthFor(rank);
  return width * (4 * rows + 24 * cols) + 4 * Math.max(BLOCK_VALUES, cols) + spectrumBytes(width);
}

async function whole(rows: Rows, context: ItemContext): Promise<Projection> {
  const all = { rows: rows.rows, cols: rows.cols, values: new Float32Array(rows.rows * rows.cols) };
  let norm = 0;
  await rows.forEach(context, (block, first) => {
    all.values.set(block.values, first * rows.cols);
    norm += squares(block.values);
  });
  const isTurned = all.rows < all.cols;
  const values = isTurned ? turned(all) : all;
  return { values, basis: undefined, isTurned, spectrum: spectrumOf(values), norm };
}

/**
 * Randomised subspace iteration (Halko, Martinsson and Tropp, "Finding structure with randomness", 2011, algorithm 4.4):
 * a pass over the rows multiplies the basis by ΔᵀΔ. It goes on until the captured part of the change settles.
 */
async function sketched(
  rows: Rows,
  context: ItemContext,
  rank: number,
  start: Matrix | undefined,
): Promise<Projection> {
  const width = widthFor(rank);
  const begun = start?.values ?? new Float32Array();
  const first = new Float64Array(width * rows.cols);
  first.set(begun);
  first.set(randomSigns(first.length - begun.length, begun.length), begun.length);
  orthonormalise(first, rows.cols, width);
  let basis: Matrix = { rows: width, cols: rows.cols, values: new Float32Array(first) };
  let before = 0;
  for (let pass = 1; ; pass++) {
    const { values, next, norm } = await multiplied(rows, context, basis);
    const spectrum = spectrumOf(values);
    const captured = spectrum.energies.subarray(0, rank).reduce((sum, value) => sum + value, 0);
    const isSettled = pass > 1 && captured - before <= SETTLED * Math.max(0, norm - captured);
    if (isSettled || pass === MOST_PASSES || norm === 0)
      return { values, basis, isTurned: false, spectrum, norm };
    before = captured;
    orthonormalise(next, rows.cols, width);
    basis = { ...basis, values: new Float32Array(next) };
  }
}

/** One pass: Y = Δ·W, and the columns of ΔᵀY times a power of two. */
async function multiplied(rows: Rows, context: ItemContext, basis: Matrix) {
  const width = basis.rows;
  const values = new Float32Array(rows.rows * width);
  const next = new Float64Array(width * rows.cols);
  let [norm, scale] = [0, 0];
  await rows.forEach(context, (block, first) => {
    // Few long rows are multiplied faster than many short ones.
    const y = product(context.kernels, basis, turned(block));
    values.set(turned(y).values, first * width);
    norm += squares(block.values);
    // Small and large changes alike stay in the range of float32 when they are squared.
    scale ||= powerFor(y.values);
    const scaled = { ...y, values: y.values.map(value => value * scale) };
    const added = product(context.kernels, scaled, block);
    for (let i = 0; i < next.length; i++) next[i]! += added.values[i]!;
  });
  return { values: { rows: rows.rows, cols: width, values }, next, norm };
}

/** The power of two that brings the largest of the values near 1; 0 if all are zero. */
function powerFor(values: Float32Array): number {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return largest === 0 ? 0 : 2 ** -Math.floor(Math.log2(largest));
}

export function squares(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  return sum;
}
