import { readFile } from 'node:fs/promises';

const ARRAYS = { F32: Float32Array, I32: Int32Array, U8: Uint8Array };

/** All tensors of a .safetensors file by name: `{ shape, data }`. */
export async function readTensors(path) {
  const bytes = await readFile(path);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const { __metadata__: _, ...entries } = JSON.parse(bytes.toString('utf8', 8, start));
  return new Map(
    Object.entries(entries).map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [from, to],
        },
      ]) => {
        if (!ARRAYS[dtype])
          throw new Error(`${path}: tensor "${name}" is ${dtype}; F32, I32 or U8 was expected`);
        const own = new Uint8Array(bytes.subarray(start + from, start + to)); // a copy, hence aligned
        return [name, { shape, data: new ARRAYS[dtype](own.buffer) }];
      },
    ),
  );
}
