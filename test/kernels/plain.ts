/** Plain memory and arithmetic for the oracles of test/kernels/stages/: slow, obvious, and independent of the
 * implementations. */
import { BYTES_PER_ELEMENT, type FloatType, type Region, type Slice } from '../../kernels/memory.ts';
import type { RandomStream, Rows } from '../../kernels/stages/rows.ts';
import { ftz, type Stored } from './oracle.ts';
import { bitsOf } from './random.ts';
import { philox } from './philox.ts';

/** A region that is just its bytes. */
export class PlainRegion implements Region {
  readonly bytes: number;
  /** The bytes as F32 values. */
  readonly values: Float32Array;

  constructor(readonly data: Uint8Array) {
    this.bytes = data.length;
    this.values = new Float32Array(data.buffer, data.byteOffset, Math.floor(data.length / 4));
  }
}

export const bytesIn = (region: Region): Uint8Array => (region as PlainRegion).data;

export const valuesIn = (region: Region): Float32Array => (region as PlainRegion).values;

/** `count` elements of a slice. */
export function elementsIn({ region, type, first }: Slice, count: number): Stored {
  const width = BYTES_PER_ELEMENT[type];
  return { type, bytes: bytesIn(region).slice(first * width, (first + count) * width) };
}

/** Value i, flushed. */
export const at = (region: Region, i: number): number => ftz(valuesIn(region)[i] ?? NaN);

export const rounded = (value: number): number => ftz(Math.fround(value));

export const keyOf = (value: number): number => bitsOf(value) & 0x7fffffff;

/** Replaces the first `count` values. */
export function assign(region: Region, count: number, value: (i: number) => number): void {
  const computed = new Float32Array(count);
  for (let i = 0; i < count; i++) computed[i] = value(i);
  valuesIn(region).set(computed);
}

export function tally(count: number, holds: (i: number) => boolean): number {
  let found = 0;
  for (let i = 0; i < count; i++) if (holds(i)) found++;
  return found;
}

/** The random word of element `index` of a tensor. */
export function wordOf({ seed, tensor, task }: RandomStream, index: number): number {
  return philox([Math.floor(index / 4), 0, tensor, task], seed)[index % 4] ?? NaN;
}

/** Calls `body` with the indices of each row by rising magnitude, then by rising index. */
export function eachRow(
  { region, first, rows, length }: Rows,
  body: (order: readonly number[]) => void,
): void {
  for (let row = 0; row < rows; row++) {
    const indices = Array.from({ length }, (_, i) => first + row * length + i);
    const magnitudes = indices.map(i => Math.abs(at(region, i)));
    const magnitude = (i: number): number => magnitudes[i - first - row * length] ?? NaN;
    body(indices.sort((a, b) => magnitude(a) - magnitude(b) || a - b));
  }
}

/** The elements of a region from `first` on. */
export const slice = (region: Region, type: FloatType = 'F32', first = 0): Slice => ({ region, type, first });
