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

let halves: Float32Array | undefined;

/** The value of each float16, by its bits. */
export function halfFloats(): Float32Array {
  if (halves) return halves;
  halves = smallFloats(5, 10);
  for (const sign of [0, 0x8000])
    for (let bits = 0x7c00; bits < 0x8000; bits++)
      halves[sign + bits] = bits > 0x7c00 ? NaN : sign === 0 ? Infinity : -Infinity;
  return halves;
}

const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);

export function bf16Float(bits: number): number {
  word[0] = bits << 16;
  return float[0] as number;
}
