/** Regions of a backend for tests. */
import type { Backend } from '../../kernels/backend.ts';
import type { Region, Scope } from '../../kernels/memory.ts';

/** Initial bytes of what no stage should touch. */
export const UNTOUCHED = 0xa5;

export const floats = (bytes: Uint8Array): Float32Array => new Float32Array(bytes.slice().buffer);

/** A new region with `bytes` in it. */
export async function place(
  backend: Pick<Backend, 'write'>,
  memory: Scope,
  bytes: Uint8Array,
): Promise<Region> {
  const region = memory.alloc(bytes.length);
  await backend.write(region, 0, bytes.length, async view => view.set(bytes));
  return region;
}
