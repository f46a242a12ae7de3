/** Whole tensors through a backend's group stages, in chunks at offsets inside large regions, as the engine does it. */
import { packedBytes } from '../../kernels/codes.ts';
import type { Backend } from '../../kernels/backend.ts';
import { groupsOf } from '../../kernels/groups.ts';
import { eachChunk, floats, place, UNTOUCHED } from './drive.ts';
import type { DequantizeCase, QuantizeCase, ScaleCase } from './groupCases.ts';

/** Bytes after a result: up to the next multiple of 4 they may be zeroed, then some that must stay untouched. */
const behind = (bytes: number): Uint8Array => new Uint8Array(Math.ceil(bytes / 4) * 4 + 32).fill(UNTOUCHED);

const bytesOf = (x: Float32Array, first: number, size: number): Uint8Array =>
  new Uint8Array(x.buffer, x.byteOffset + first * 4, size * 4);

export function scalesOn(
  backend: Backend,
  { x, groupSize, thresholds }: ScaleCase,
  chunk = backend.chunk,
): Promise<Uint8Array> {
  return backend.scope(async memory => {
    const scales = await place(backend, memory, behind(groupsOf(x.length, groupSize)));
    const values = memory.alloc(Math.min(chunk, x.length) * 4);
    await eachChunk(x.length, chunk, async (first, size) => {
      await backend.write(values, 0, size * 4, async view => view.set(bytesOf(x, first, size)));
      await backend.groupScales(values, groupSize, thresholds, scales, first, size);
    });
    return backend.read(scales, 0, scales.bytes);
  });
}

export function quantizeGroupsOn(
  backend: Backend,
  { x, scales, quantizer }: QuantizeCase,
  chunk = backend.chunk,
): Promise<Uint8Array> {
  return backend.scope(async memory => {
    const codes = await place(backend, memory, behind(packedBytes(x.length, quantizer.bits)));
    const bytes = await place(backend, memory, scales);
    const values = memory.alloc(Math.min(chunk, x.length) * 4);
    await eachChunk(x.length, chunk, async (first, size) => {
      await backend.write(values, 0, size * 4, async view => view.set(bytesOf(x, first, size)));
      await backend.quantizeGroups(values, bytes, quantizer, codes, first, size);
    });
    return backend.read(codes, 0, codes.bytes);
  });
}

/** The values, and two after them that must stay untouched. */
export function dequantizeGroupsOn(
  backend: Backend,
  { packed, scales, table, count }: DequantizeCase,
  chunk = backend.chunk,
): Promise<Float32Array> {
  return backend.scope(async memory => {
    const codes = await place(backend, memory, packed);
    const bytes = await place(backend, memory, scales);
    const all = new Float32Array(count + 2);
    await eachChunk(count, chunk, async (first, size) => {
      const out = await place(backend, memory, new Uint8Array(size * 4 + 8).fill(UNTOUCHED));
      await backend.dequantizeGroups(codes, bytes, table, out, first, size);
      all.set(floats(await backend.read(out, 0, out.bytes)), first);
    });
    return all;
  });
}
