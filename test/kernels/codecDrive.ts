/** Whole arrays through a backend's codec stages. */
import type { Backend } from '../../kernels/backend.ts';
import { STREAM, type PayloadHead } from '../../kernels/codes.ts';
import type { Order } from './codecCases.ts';
import { floats, place, UNTOUCHED } from './place.ts';

const bytesOf = (x: Float32Array): Uint8Array => new Uint8Array(x.buffer, x.byteOffset, x.byteLength);

/** All blocks of values, rotated. */
export function rotateOn(
  backend: Backend,
  x: Float32Array,
  index: number,
  order: Order,
): Promise<Float32Array> {
  return backend.scope(async memory => {
    const region = await place(backend, memory, bytesOf(x));
    if (order === 4) await backend.rotate4(region, index, x.length);
    else await backend.rotate256(region, index, x.length);
    return floats(await backend.read(region, 0, x.byteLength));
  });
}

/** rans_decode of `count` codes from `firstStream` on, in calls of up to `chunk`; as many bytes as there are codes, up
 * to a multiple of 4, and 4 more that must stay untouched. */
export function decodeOn(
  backend: Backend,
  payload: Uint8Array,
  head: PayloadHead,
  count: number,
  { firstStream = 0, chunk = backend.chunk } = {},
): Promise<Uint8Array> {
  return backend.scope(async memory => {
    const region = await place(backend, memory, payload);
    const codes = new Uint8Array(Math.ceil(count / 4) * 4 + 4).fill(UNTOUCHED);
    for (let first = 0; first < count; first += chunk) {
      const size = Math.min(chunk, count - first);
      const out = await place(backend, memory, new Uint8Array(Math.ceil(size / 4) * 4 + 4).fill(UNTOUCHED));
      await backend.ransDecode(region, head, out, firstStream + first / STREAM, size);
      codes.set(await backend.read(out, 0, out.bytes), first);
    }
    return codes;
  });
}
