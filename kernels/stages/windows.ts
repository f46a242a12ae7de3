/** The windows of memory that stages are bound to, how many workgroups cover them, and the results. */
import { packedBytes } from '../codes.ts';
import { BYTES_PER_ELEMENT, type Region, type Slice } from '../memory.ts';
import type { Binding } from './stage.ts';

/** WebGPU's minStorageBufferOffsetAlignment. */
export const OFFSET_BYTES = 256;

/** Elements of a workgroup whose invocations take one element at a time: TILE of common.wgsl. */
const TILE = 2048;

export const tilesOf = (elements: number): number => Math.ceil(elements / TILE);

export const window = (slice: Slice, count: number): Binding => ({
  memory: slice.region,
  offset: slice.first * BYTES_PER_ELEMENT[slice.type],
  bytes: count * BYTES_PER_ELEMENT[slice.type],
});

export const values = (region: Region, count: number): Binding =>
  window({ region, type: 'F32', first: 0 }, count);

/** `count` codes of `bits` bits from code `first`. */
export const codeWindow = (codes: Region, bits: number, first: number, count: number): Binding => ({
  memory: codes,
  offset: packedBytes(first, bits),
  bytes: packedBytes(count, bits),
});

/** Counts that a stage found. */
export const countsIn = (found: Uint8Array): Uint32Array =>
  new Uint32Array(found.buffer, found.byteOffset, found.byteLength / 4);

/** The result of a stage that returns nothing. */
export const done = (): void => {};
