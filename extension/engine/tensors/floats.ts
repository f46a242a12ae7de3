import type { Backend } from '../../../kernels/backend.ts';
import type { Region, Slice } from '../../../kernels/memory.ts';

/** The F32 values at the start of a region, as stages take them. */
export const floatsIn = (region: Region): Slice => ({ region, type: 'F32', first: 0 });

/** Copies the first of them out of backend memory. */
export async function readFloats(backend: Backend, region: Region, count: number): Promise<Float32Array> {
  const bytes = await backend.read(region, 0, 4 * count);
  return new Float32Array(bytes.buffer, bytes.byteOffset, count);
}
