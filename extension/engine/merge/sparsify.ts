import type { Backend, Region } from '../../../kernels/backend.ts';
import { RADIX_LEVELS, type RandomStream } from '../../../kernels/mergeStages.ts';
import type { Sparsify } from './method.ts';
import type { Values } from './parameters.ts';
import type { Window } from './windows.ts';

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
    case 'band': {
      const { drop, keep } = band(rowLength, Number(values.beta), Number(values.gamma));
      return backend.rowBand(rows, drop, keep);
    }
    case 'drop':
      return backend.randomDrop(
        x,
        Math.round(density * ALWAYS),
        options.dropScale,
        stream,
        index,
        window.count,
      );
    case 'rankDrop': {
      if (density >= 1) return; // all are kept
      const { low, step } = ranks(rowLength, density, Number(values.epsilon));
      await backend.rankDrop(rows, low, step, values.rescale === 'probability', stream, index + window.skip);
      if (options.dropScale !== 1)
        await backend.randomDrop(x, ALWAYS, options.dropScale, stream, index, window.count);
    }
  }
}

/** Model Breadcrumbs: the largest `gamma` of a row go, the largest `beta` of the rest stay, at least one. */
export function band(length: number, beta: number, gamma: number): { drop: number; keep: number } {
  const drop = Math.floor(gamma * length);
  return { drop, keep: Math.max(1, Math.floor(beta * (length - drop))) };
}

/** DELLA: keep probabilities from density − ε (smallest) to density + ε (largest) in equal steps, of 2^32. */
export function ranks(length: number, density: number, epsilon: number): { low: number; step: number } {
  const low = Math.min(ALWAYS - 1, Math.max(0, Math.floor((density - epsilon) * ALWAYS)));
  const high = Math.min(ALWAYS - 1, Math.floor((density + epsilon) * ALWAYS));
  return { low, step: length > 1 ? Math.floor((high - low) / (length - 1)) : 0 };
}

/** A radix select over magnitude keys, level by level: how many of the smallest are still to be passed over. */
export interface Selection {
  readonly prefix: number;
  /** Rank (from 0, ascending) among the values with that prefix. */
  readonly rank: number;
}

/** Narrows a selection down by one level. */
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
