/** Floats of 16 bits and less: their bits as numbers, and numbers as their bits. */

/** The value of each bit pattern of a float with an implicit leading 1. */
export function smallFloats(
  exponentBits: number,
  mantissaBits: number,
  bias = 2 ** (exponentBits - 1) - 1,
): Float32Array {
  const count = 2 ** (1 + exponentBits + mantissaBits);
  return Float32Array.from({ length: count }, (_, bits) => {
    const mantissa = (bits % 2 ** mantissaBits) / 2 ** mantissaBits;
    const exponent = Math.floor(bits / 2 ** mantissaBits) % 2 ** exponentBits;
    const size = exponent === 0 ? mantissa * 2 ** (1 - bias) : (1 + mantissa) * 2 ** (exponent - bias);
    return bits < count / 2 ? size : -size;
  });
}

let halfValues: Float32Array | undefined;

/** The value of each float16, by its bits. */
export function halfFloats(): Float32Array {
  if (halfValues) return halfValues;
  halfValues = smallFloats(5, 10);
  for (const sign of [0, 0x8000])
    for (let bits = 0x7c00; bits < 0x8000; bits++)
      halfValues[sign + bits] = bits > 0x7c00 ? NaN : sign === 0 ? Infinity : -Infinity;
  return halfValues;
}

/** With NaN at some bit patterns. */
function without(values: Float32Array, ...bits: readonly number[]): Float32Array {
  for (const pattern of bits) values[pattern] = NaN;
  return values;
}

/** By the dtypes' names; FNUZ has no negative zero and no infinity, its bias is one more (OCP FP8, and ml_dtypes). */
const SMALL_FLOATS: Readonly<Record<string, () => Float32Array>> = {
  I8: () => Float32Array.from({ length: 256 }, (_, bits) => (bits << 24) >> 24),
  F8_E4M3: () => without(smallFloats(4, 3), 0x7f, 0xff),
  F8_E5M2: () =>
    smallFloats(5, 2).map((value, bits) => {
      const rest = bits & 0x7f;
      return rest < 0x7c ? value : rest > 0x7c ? NaN : Math.sign(value) * Infinity;
    }),
  F8_E4M3FNUZ: () => without(smallFloats(4, 3, 8), 0x80),
  F8_E5M2FNUZ: () => without(smallFloats(5, 2, 16), 0x80),
  // Powers of 2 alone (OCP Microscaling).
  F8_E8M0: () => Float32Array.from({ length: 256 }, (_, bits) => (bits === 255 ? NaN : 2 ** (bits - 127))),
};

const tables = new Map<string, Float32Array>();

/** The value of each byte of a dtype of 8 bits. */
export function byteValues(dtype: string): Float32Array {
  const known = tables.get(dtype) ?? SMALL_FLOATS[dtype]?.();
  if (!known) throw new Error(`the bytes of ${dtype} are no numbers`);
  tables.set(dtype, known);
  return known;
}

/** The values of bit patterns. @param table the value of each */
export function lookedUp(table: Float32Array, bits: Uint16Array | Uint8Array): Float32Array {
  const values = new Float32Array(bits.length);
  for (let i = 0; i < values.length; i++) values[i] = table[bits[i] as number] as number;
  return values;
}

/** The values of bfloat16, by their bits: the upper half of a float32's. */
export function bfloats(bits: Uint16Array): Float32Array {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < words.length; i++) words[i] = (bits[i] as number) << 16;
  return new Float32Array(words.buffer);
}

/** The bits of float32 values rounded to float16 or bfloat16, to nearest, ties to even. */
export function narrowed(values: Float32Array, dtype: 'F16' | 'BF16'): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return dtype === 'BF16' ? bfloatBits(words) : halfBits(words);
}

function bfloatBits(words: Uint32Array): Uint16Array {
  const result = new Uint16Array(words.length);
  for (let i = 0; i < words.length; i++) {
    const bits = words[i] as number;
    const isNan = (bits & 0x7fffffff) > 0x7f800000;
    result[i] = isNan ? (bits >>> 16) | 0x40 : (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
  }
  return result;
}

function halfBits(words: Uint32Array): Uint16Array {
  const result = new Uint16Array(words.length);
  for (let i = 0; i < words.length; i++) {
    const bits = words[i] as number;
    const rest = bits & 0x7fffffff;
    // Most are from 2 ** -14 to 65504, where only the exponent's bias differs.
    const isNormal = rest >= 0x38800000 && rest < 0x47800000;
    result[i] = isNormal
      ? ((bits >>> 16) & 0x8000) | ((rest - (112 << 23) + 0xfff + ((rest >>> 13) & 1)) >>> 13)
      : unusualHalf(bits);
  }
  return result;
}

/** Of a value below the normal ones of float16, or beyond them. */
function unusualHalf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const rest = bits & 0x7fffffff;
  if (rest > 0x7f800000) return sign | 0x7e00;
  if (rest >= 0x47800000) return sign | 0x7c00;
  // The leading 1 is written out, and the mantissa moves down.
  const shift = 126 - (rest >>> 23);
  if (shift > 24) return sign;
  const mantissa = (rest & 0x7fffff) | 0x800000;
  const kept = mantissa >>> shift;
  const lost = mantissa & ((1 << shift) - 1);
  const tie = 1 << (shift - 1);
  return sign | (kept + Number(lost > tie || (lost === tie && (kept & 1) === 1)));
}

/** The largest finite value of F8_E4M3 (OCP FP8). */
export const FLOAT8_LARGEST = 448;

/**
 * The bits of float32 values rounded to F8_E4M3, to nearest, ties to even: finite values beyond ±448 become ±448, and
 * infinity, which it does not have, NaN.
 */
export function float8Bits(values: Float32Array): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const result = new Uint8Array(words.length);
  for (let i = 0; i < words.length; i++) {
    const bits = words[i] as number;
    const rest = bits & 0x7fffffff;
    const sign = (bits >>> 24) & 0x80;
    // From 2 ** -6 on, only the exponent's bias differs.
    if (rest >= 0x3c800000 && rest < 0x7f800000)
      result[i] = sign | Math.min(0x7e, (rest - (120 << 23) + 0x7ffff + ((rest >>> 20) & 1)) >>> 20);
    else if (rest >= 0x7f800000) result[i] = sign | 0x7f;
    // Below, steps are 2 ** -9, which is that of float32 at 2 ** 14: the addition rounds to it.
    else result[i] = sign | ((Math.fround(Math.abs(values[i] as number) + 2 ** 14) - 2 ** 14) * 2 ** 9);
  }
  return result;
}
