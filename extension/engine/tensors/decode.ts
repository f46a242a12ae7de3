/** Floating-point tensors' bytes as float32. */
import type { Dtype } from '../../formats/dtype.ts';

const HALVES = new Float32Array(65_536);
let filled = false;

/** Of each of the 65,536 halves (IEEE 754 binary16), its value. */
function halves(): Float32Array {
  if (filled) return HALVES;
  for (let bits = 0; bits < HALVES.length; bits++) {
    const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
    const normal =
      exponent === 31 ? (fraction ? NaN : Infinity) : (1 + fraction / 1024) * 2 ** (exponent - 15);
    HALVES[bits] = sign * (exponent === 0 ? fraction * 2 ** -24 : normal);
  }
  filled = true;
  return HALVES;
}

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
    case 'BF16': {
      const words = new Uint16Array(buffer, byteOffset, length / 2);
      const bits = new Uint32Array(words.length);
      for (let i = 0; i < bits.length; i++) bits[i] = words[i]! << 16;
      return new Float32Array(bits.buffer);
    }
    case 'F16': {
      const words = new Uint16Array(buffer, byteOffset, length / 2);
      const [values, table] = [new Float32Array(words.length), halves()];
      for (let i = 0; i < values.length; i++) values[i] = table[words[i]!]!;
      return values;
    }
    default:
      throw new RangeError(`${dtype} values are not floats`);
  }
}
