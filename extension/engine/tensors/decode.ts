/** Floating-point tensors' bytes as float32. */
import type { Dtype } from '../../formats/dtype.ts';
import { bfloats, halfFloats, lookedUp } from '../../formats/floatBits.ts';

/**
 * The values of little-endian bytes; F64 is rounded to nearest.
 * @param bytes at a multiple of the dtype's size in their buffer
 * @throws RangeError for dtypes other than F64, F32, F16 and BF16
 */
export function toFloats(bytes: Uint8Array<ArrayBuffer>, dtype: Dtype): Float32Array {
  const { buffer, byteOffset, length } = bytes;
  switch (dtype) {
    case 'F32':
      return new Float32Array(buffer, byteOffset, length / 4);
    case 'F64':
      return Float32Array.from(new Float64Array(buffer, byteOffset, length / 8));
    case 'BF16':
      return bfloats(new Uint16Array(buffer, byteOffset, length / 2));
    case 'F16':
      return lookedUp(halfFloats(), new Uint16Array(buffer, byteOffset, length / 2));
    default:
      throw new RangeError(`${dtype} values are not floats`);
  }
}
