import type { NotNumbers } from '../../../kernels/stages/encode/stage.ts';
import type { Region } from '../../../kernels/memory.ts';
import { DTYPE_BITS, type QuantizableDtype } from '../../formats/dtype.ts';
import type { ItemContext } from '../scheduler/item.ts';
import { floatsIn } from './floats.ts';
import { floatTypeOf } from './tensorInput.ts';

/** Encoded values, and how many of them are NaN or infinite. */
export interface EncodedValues {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly found: NotNumbers;
}

/** Values in the dtype they are written in. */
export async function encodeValues(
  { backend }: ItemContext,
  dtype: QuantizableDtype,
  values: Region,
  encoded: Region,
  count: number,
): Promise<EncodedValues> {
  const type = floatTypeOf(dtype);
  const found = await backend.encode(floatsIn(values), type, encoded, count);
  const bytes = (await backend.read(encoded, 0, (count * DTYPE_BITS[type]) / 8)) as Uint8Array<ArrayBuffer>;
  if (dtype !== 'F64') return { bytes, found };
  const wide = Float64Array.from(new Float32Array(bytes.buffer, bytes.byteOffset, count));
  return { bytes: new Uint8Array(wide.buffer), found };
}
