/** Reading the extent that extent.wgsl has found. */
import type { Extent } from '../backend.ts';

/** Extent of extent.wgsl, padded to whole vectors. */
export const EXTENT_BYTES = 16;

/** Of no values at all. */
export const EMPTY: Extent = { min: Infinity, max: -Infinity, finite: true };

/** Undoes the order-preserving keys of extent.wgsl; 0 is no finite value's key. */
export function extentOf(bytes: Uint8Array): Extent {
  const [low = 0, high = 0, nonFinite = 0] = new Uint32Array(bytes.buffer, bytes.byteOffset, 3);
  const value = (key: number): number => {
    const bits = new Uint32Array([key & 0x80000000 ? key ^ 0x80000000 : ~key]);
    return new Float32Array(bits.buffer)[0] ?? 0;
  };
  const finite = nonFinite === 0;
  return high === 0 ? { ...EMPTY, finite } : { min: value(~low), max: value(high), finite };
}
