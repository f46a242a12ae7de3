/** The product of two thin matrices that is nearest to a change. */
import { product, type Matrix } from '../../../kernels/product.ts';
import type { ItemContext } from '../scheduler/item.ts';
import type { Rows } from './deltaRows.ts';
import { projectionBytes, projectionOf, type Projection } from './projection.ts';
import { turned } from './turned.ts';

/** Δ ≈ left·right, √S of the singular values S in each. */
export interface Factors {
  /** rows × rank. */
  readonly left: Matrix;
  /** rank × cols. */
  readonly right: Matrix;
}

/** How good the product is to be. */
export interface Wanted {
  /** The highest rank. */
  readonly most: number;
  /** The part of ‖Δ‖² that is enough, up to 1; undefined: as much as the highest rank holds. */
  readonly energy: number | undefined;
}

/** The rank that is tried first when the energy decides. */
const FIRST = 32;

/** @returns also ‖Δ‖²; factors of rank 0 where it is zero */
export async function factorise(
  rows: Rows,
  context: ItemContext,
  { most, energy }: Wanted,
): Promise<Factors & { readonly norm: number }> {
  let tried = energy === undefined ? most : Math.min(most, FIRST);
  let found = await projectionOf(rows, context, tried);
  for (;;) {
    const needed = rankFor(found, energy);
    if (needed <= tried || tried === most || !found.basis || found.norm === 0)
      return { ...factorsOf(context, found, Math.min(needed, most)), norm: found.norm };
    tried = Math.min(most, 2 * tried);
    found = await projectionOf(rows, context, tried, found);
  }
}

/** The `most` largest squared singular values, or as many as there are, and ‖Δ‖². */
export async function energiesOf(
  rows: Rows,
  context: ItemContext,
  most: number,
): Promise<{ readonly energies: Float64Array; readonly norm: number }> {
  const { spectrum, norm } = await projectionOf(rows, context, most);
  return { energies: spectrum.energies.slice(0, most), norm };
}

/** Bytes of plain memory that `factorise` takes, its result included. */
export const factoriseBytes = (sides: Pick<Rows, 'rows' | 'cols'>, { most }: Wanted): number =>
  projectionBytes(sides, most) + 8 * most * (sides.rows + sides.cols);

/** The lowest rank that has the energy; one more than there are singular values if none has. */
function rankFor({ spectrum: { energies }, norm }: Projection, energy: number | undefined): number {
  if (energy === undefined) return energies.length;
  let sum = 0;
  return 1 + energies.findIndex(value => (sum += value) >= energy * norm) || energies.length + 1;
}

/** The `rank` largest singular triplets of a projection. */
function factorsOf({ kernels }: ItemContext, found: Projection, rank: number): Factors {
  const vectors = firstColumns(found.spectrum.vectors, rank);
  const long = product(kernels, found.values, vectors);
  const across = turned(vectors);
  const short = found.basis ? product(kernels, across, found.basis) : across;
  share(long, short);
  return found.isTurned ? { left: turned(short), right: turned(long) } : { left: long, right: short };
}

function firstColumns({ rows, cols, values }: Matrix, most: number): Matrix {
  const count = Math.min(cols, most);
  const result = new Float32Array(rows * count);
  for (let i = 0; i < rows; i++) result.set(values.subarray(i * cols, i * cols + count), i * count);
  return { rows, cols: count, values: result };
}

/** Moves the square root of each column's norm in `long` to the row of `short`, where they are 1. */
function share(long: Matrix, short: Matrix): void {
  const squares = new Float64Array(long.cols);
  for (let i = 0; i < long.values.length; i++) squares[i % long.cols]! += long.values[i]! ** 2;
  const roots = squares.map(square => Math.sqrt(Math.sqrt(square)));
  for (let i = 0; i < long.values.length; i++) long.values[i]! /= roots[i % long.cols]!;
  for (let i = 0; i < short.values.length; i++) short.values[i]! *= roots[Math.floor(i / short.cols)]!;
}
