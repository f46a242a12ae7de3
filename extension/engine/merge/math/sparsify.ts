import type { Backend } from '../../../../kernels/backend.ts';
import type { Region } from '../../../../kernels/memory.ts';
import { RADIX_LEVELS } from '../../../../kernels/stages/magnitude_histogram/stage.ts';
import type { RandomStream, Rows } from '../../../../kernels/stages/rows.ts';
import type { Sparsify } from '../methods/method.ts';
import type { Values } from '../recipe/parameters.ts';
import type { Window } from '../../tensors/windows.ts';

/** Keeps every element in random_drop. */
const ALWAYS = 2 ** 32;

export interface ThinOptions {
  readonly window: Window;
  /** Element of the tensor at the window's beginning. */
  readonly index: number;
  readonly rowLength: number;
  readonly values: Values;
  readonly stream: RandomStream;
  /** Magnitude key below which a trim drops. */
  readonly threshold: number;
  /** Factor of what a random drop keeps. */
  readonly dropScale: number;
  /** The window's values, already thinned out except for the factor, if rows are longer than windows. */
  readonly thinned: Float32Array | undefined;
}

/** Thins out a task vector in place. */
export async function thin(backend: Backend, way: Sparsify, x: Region, options: ThinOptions): Promise<void> {
  const { window, index, rowLength, values, stream } = options;
  const length = window.count - window.skip;
  const rows = { region: x, first: window.skip, rows: length / rowLength, length: rowLength };
  const density = Number(values.density ?? 1);
  switch (way) {
    case 'none':
      return;
    case 'trim':
      await backend.trim(x, options.threshold, window.count);
      return;
    case 'band':
    case 'rankDrop':
      if (options.thinned) await place(backend, x, options.thinned);
      else await thinRows(backend, way, rows, values, stream, index + window.skip);
      if (options.dropScale !== 1)
        await backend.randomDrop(x, ALWAYS, options.dropScale, stream, index, window.count);
      return;
    case 'drop':
      return backend.randomDrop(
        x,
        Math.round(density * ALWAYS),
        options.dropScale,
        stream,
        index,
        window.count,
      );
  }
}

/** Thins out whole rows in place by the ranks of their values. @param index element of the tensor that they begin with */
export async function thinRows(
  backend: Backend,
  way: 'band' | 'rankDrop',
  rows: Rows,
  values: Values,
  stream: RandomStream,
  index: number,
): Promise<void> {
  if (way === 'band') {
    const { drop, keep } = band(rows.length, Number(values.beta), Number(values.gamma));
    return backend.rowBand(rows, drop, keep);
  }
  const density = Number(values.density);
  if (density >= 1) return; // all are kept
  if (density <= 0) return backend.rowBand(rows, 0, 0); // none is
  const { low, step } = ranks(rows.length, density, Number(values.epsilon));
  return backend.rankDrop(rows, low, step, values.rescale === 'probability', stream, index);
}

/** Puts values at the start of a region. */
export const place = (backend: Backend, x: Region, values: Float32Array): Promise<void> =>
  backend.write(x, 0, values.byteLength, async view => {
    view.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  });

/** Model Breadcrumbs: drops the largest `gamma` of a row and keeps the largest `beta` of the rest, at least one. */
export function band(length: number, beta: number, gamma: number): { drop: number; keep: number } {
  const drop = Math.floor(gamma * length);
  return { drop, keep: Math.max(1, Math.floor(beta * (length - drop))) };
}

/** DELLA: keep probabilities from density − ε (smallest) to density + ε (largest) in equal steps, of 2^32; the density
 * itself in rows of one value, which have no ranks. */
export function ranks(length: number, density: number, epsilon: number): { low: number; step: number } {
  if (length <= 1) return { low: Math.min(ALWAYS - 1, Math.floor(density * ALWAYS)), step: 0 };
  const low = Math.min(ALWAYS - 1, Math.max(0, Math.floor((density - epsilon) * ALWAYS)));
  const high = Math.min(ALWAYS - 1, Math.floor((density + epsilon) * ALWAYS));
  return { low, step: Math.floor((high - low) / (length - 1)) };
}

/** A radix select over magnitude keys, level by level: how many of the smallest remain to be skipped. */
export interface Selection {
  readonly prefix: number;
  /** Rank (from 0, ascending) among the values with that prefix. */
  readonly rank: number;
}

/** The threshold of a density of 0: the key of infinity, above every other. */
export const NOTHING = 0x7f80_0000;

/** The smallest magnitude that a density (not 0) keeps of `total` values. */
export const selectionOf = (total: number, density: number): Selection => ({
  prefix: 0,
  rank: Math.max(Math.floor(total * (1 - density)), 1) - 1,
});

/** Narrows a selection by one level. */
export function narrow(
  { prefix, rank }: Selection,
  level: 0 | 1 | 2,
  histogram: Uint32Array | Float64Array,
): Selection {
  let left = rank;
  for (let bin = 0; bin < histogram.length; bin++) {
    const count = histogram[bin] as number;
    if (left < count) return { prefix: (prefix << RADIX_LEVELS[level].bits) | bin, rank: left };
    left -= count;
  }
  throw new Error(`no value of rank ${rank} among ${rank - left}`);
}
