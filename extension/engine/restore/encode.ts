import type { Region } from '../../../kernels/backend.ts';
import { DTYPE_BITS, type QuantizableDtype } from '../checkpoint/dtype.ts';
import type { JobContext } from '../job.ts';
import { floatTypeOf } from '../quantize/tensorInput.ts';

/** Values in the dtype they are written in. */
export async function encodeValues(
  { backend }: JobContext,
  dtype: QuantizableDtype,
  values: Region,
  encoded: Region,
  count: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const type = floatTypeOf(dtype);
  await backend.encode({ region: values, type: 'F32', first: 0 }, type, encoded, count);
  const bytes = (await backend.read(encoded, 0, (count * DTYPE_BITS[type]) / 8)) as Uint8Array<ArrayBuffer>;
  if (dtype !== 'F64') return bytes;
  return new Uint8Array(Float64Array.from(new Float32Array(bytes.buffer, bytes.byteOffset, count)).buffer);
}
