/** Stages that find the extent of what they store. */
import common from '../shared/common.wgsl';
import extent from '../shared/extent.wgsl';
import { SCRATCH } from '../wasm.ts';
import type { Binding, Kernel, Work } from './stage.ts';
import { countsIn, tilesOf } from './windows.ts';

/** Smallest and largest value; `finite` is false if there is any NaN or infinity (min and max are then those of the
 * finite values and must not be used to quantize). +Infinity and -Infinity if no value is finite. */
export interface Extent {
  readonly min: number;
  readonly max: number;
  readonly finite: boolean;
}

/** Prepended to the shaders of such stages. */
export const EXTENT = common + extent;

/** Extent of extent.wgsl, padded to whole vectors. */
const BYTES = 16;

/** The extent that a kernel left in the working memory. */
export function extentAt(kernel: Kernel): Extent {
  const [min = 0, max = 0] = kernel.floats(SCRATCH.extent, 2);
  const [finite] = kernel.words(SCRATCH.extent + 8, 1);
  return { min, max, finite: finite === 1 };
}

/** Undoes the order-preserving keys of extent.wgsl; no finite value has key 0. */
function extentIn(found: Uint8Array): Extent {
  const [low = 0, high = 0, nonFinite = 0] = countsIn(found);
  const value = (key: number): number => {
    const bits = new Uint32Array([key & 0x80000000 ? key ^ 0x80000000 : ~key]);
    return new Float32Array(bits.buffer)[0] ?? 0;
  };
  const finite = nonFinite === 0;
  if (high === 0) return { min: Infinity, max: -Infinity, finite };
  return { min: value(~low), max: value(high), finite };
}

/** The work of a stage with three windows; the extent is bound after them. */
export const extentOf = (
  count: number,
  constants: Work<Extent>['constants'],
  params: readonly number[],
  bindings: readonly [Binding, Binding, Binding],
): Work<Extent> => ({
  constants,
  params: [count, ...params],
  bindings: [...bindings, { memory: 'results', bytes: BYTES }],
  groups: tilesOf(count),
  found: { bytes: BYTES, cleared: true },
  result: extentIn,
});
