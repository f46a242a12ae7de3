import { readFile } from 'node:fs/promises';

const ARRAYS = {
  F32: Float32Array,
  F16: Uint16Array,
  I64: BigInt64Array,
  I32: Int32Array,
  I16: Int16Array,
  I8: Int8Array,
  U8: Uint8Array,
};

/** All tensors of a .safetensors file by name: `{ dtype, shape, data }`; F16 values as float32. */
export async function readTensors(path) {
  const bytes = await readFile(path);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const { __metadata__: _, ...entries } = JSON.parse(bytes.toString('utf8', 8, start));
  return new Map(
    Object.entries(entries).map(([name, { dtype, shape, data_offsets: place }]) => {
      if (!ARRAYS[dtype])
        throw new Error(
          `${path}: tensor "${name}" is ${dtype}; one of ${Object.keys(ARRAYS).join(', ')} was expected`,
        );
      const [from, to] = place;
      const own = new Uint8Array(bytes.subarray(start + from, start + to)); // a copy, hence aligned
      const data = new ARRAYS[dtype](own.buffer);
      return [name, { dtype, shape, data: dtype === 'F16' ? Float32Array.from(data, halfFloat) : data }];
    }),
  );
}

/** The value of the 16 bits of a half-precision number. */
export function halfFloat(bits) {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}
