/** The parts of regions that stages are bound to, and how many workgroups go through them. */
import { BYTES_PER_ELEMENT, packedBytes } from '../backend.ts';
import type { Region, Slice } from '../memory.ts';
import type { GpuRegion } from './memory.ts';
import type { Binding } from './runner.ts';

/** WebGPU's minStorageBufferOffsetAlignment. */
export const OFFSET_BYTES = 256;

/** Elements of a workgroup whose invocations take one element at a time: TILE of common.wgsl. */
const TILE = 2048;

/** Elements of a workgroup whose invocations take 32 elements. */
const BLOCK = 8192;

export const tilesOf = (elements: number): number => Math.ceil(elements / TILE);

export const blocksOf = (elements: number): number => Math.ceil(elements / BLOCK);

export const window = (slice: Slice, count: number): Binding => ({
  memory: slice.region as GpuRegion,
  offset: slice.first * BYTES_PER_ELEMENT[slice.type],
  bytes: count * BYTES_PER_ELEMENT[slice.type],
});

export const values = (region: Region, count: number): Binding =>
  window({ region, type: 'F32', first: 0 }, count);

/** `count` codes of `bits` bits from code `first` on. */
export const codeWindow = (codes: Region, bits: number, first: number, count: number): Binding => ({
  memory: codes as GpuRegion,
  offset: packedBytes(first, bits),
  bytes: packedBytes(count, bits),
});
