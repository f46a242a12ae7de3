/** Whole arrays through a backend's codec stages. */
import type { Backend } from '../../kernels/backend.ts';
import { floats, place } from './drive.ts';

const bytesOf = (x: Float32Array): Uint8Array => new Uint8Array(x.buffer, x.byteOffset, x.byteLength);

/** rotate of the first `count` values; the others are returned as they are in the region afterwards. */
export function rotateOn(
  backend: Backend,
  x: Float32Array,
  index: number,
  count = x.length,
): Promise<Float32Array> {
  return backend.scope(async memory => {
    const region = await place(backend, memory, bytesOf(x));
    await backend.rotate(region, index, count);
    return floats(await backend.read(region, 0, x.byteLength));
  });
}

/** code_counts of all bytes from `first` on. */
export function countsOn(backend: Backend, codes: Uint8Array, first: number): Promise<Uint32Array> {
  return backend.scope(async memory => {
    const region = await place(backend, memory, codes);
    return backend.codeCounts(region, first, codes.length - first);
  });
}
