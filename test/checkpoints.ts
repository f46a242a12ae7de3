/** Small checkpoints made for tests. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DTYPE_BITS, elementCount, type Dtype } from '../extension/formats/dtype.ts';

/** The fixtures written by the real libraries. */
export const fixture = (path: string): string => fileURLToPath(new URL(`fixtures/${path}`, import.meta.url));

export interface MadeTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Little-endian bytes. */
  readonly data: Uint8Array;
}

/** A tensor of float32 values. */
export function f32(shape: readonly number[], value: (i: number) => number): MadeTensor {
  const data = new Float32Array(elementCount(shape));
  for (let i = 0; i < data.length; i++) data[i] = value(i); // from() takes ten times as long
  return { dtype: 'F32', shape, data: new Uint8Array(data.buffer) };
}

/** A tensor of raw 16-bit patterns. */
export function u16(
  dtype: 'F16' | 'BF16' | 'I16',
  shape: readonly number[],
  value: (i: number) => number,
): MadeTensor {
  const data = Uint16Array.from({ length: elementCount(shape) }, (_, i) => value(i));
  return { dtype, shape, data: new Uint8Array(data.buffer) };
}

export function f64(shape: readonly number[], value: (i: number) => number): MadeTensor {
  const data = Float64Array.from({ length: elementCount(shape) }, (_, i) => value(i));
  return { dtype: 'F64', shape, data: new Uint8Array(data.buffer) };
}

export function i64(shape: readonly number[], value: (i: number) => bigint): MadeTensor {
  const data = BigInt64Array.from({ length: elementCount(shape) }, (_, i) => value(i));
  return { dtype: 'I64', shape, data: new Uint8Array(data.buffer) };
}

/** The bfloat16 bits of a float32, truncated. */
export const bf16Bits = (value: number): number => new Uint32Array(Float32Array.of(value).buffer)[0]! >>> 16;

/** A file's bytes from a header (an object, or raw JSON bytes) and data. */
export function safetensorsBytes(
  header: object | Uint8Array,
  data: Uint8Array = new Uint8Array(),
  length?: number,
): Uint8Array {
  const json = header instanceof Uint8Array ? header : Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(length ?? json.length));
  return Buffer.concat([prefix, json, data]);
}

/** Writes a safetensors file with the given tensors in their order. */
export async function writeSafetensors(
  file: string,
  tensors: Readonly<Record<string, MadeTensor>>,
  metadata: Readonly<Record<string, string>> = { format: 'pt' },
): Promise<void> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
    const bytes = (elementCount(shape) * DTYPE_BITS[dtype]) / 8;
    if (data.length !== bytes) throw new Error(`${name}: ${data.length} bytes, ${bytes} expected`);
    header[name] = { dtype, shape, data_offsets: [offset, offset + bytes] };
    offset += bytes;
    parts.push(data);
  }
  await writeFile(file, safetensorsBytes(header, Buffer.concat(parts)));
}

/** A model folder: its weights in one file, and text files beside them, by name. */
export async function writeModelFolder(
  folder: string,
  tensors: Readonly<Record<string, MadeTensor>>,
  files: Readonly<Record<string, string>> = {},
  metadata?: Readonly<Record<string, string>>,
): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  await writeSafetensors(join(folder, 'model.safetensors'), tensors, metadata);
  return folder;
}

/** Deterministic noise in [-1, 1): a 32-bit linear congruential generator, using its top bits. */
export function noise(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}
