/** Small GGUF files, and large ones that take no disk space: their data is a hole in the file. */
import { open } from 'node:fs/promises';

/** Types of metadata values, as the format numbers them. */
const [U32, STRING, ARRAY] = [4, 8, 9];

export type GgufPairs = Readonly<Record<string, string | number | readonly string[]>>;

export interface MadeGguf {
  readonly name: string;
  /** Number of its type: 0 is F32, 8 Q8_0, 12 Q4_K. */
  readonly type: number;
  readonly shape: readonly number[];
  readonly bytes: number;
}

const ALIGNMENT = 32;
const aligned = (at: number): number => Math.ceil(at / ALIGNMENT) * ALIGNMENT;

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
const text = (value: string): Buffer => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);

function pair([key, value]: readonly [string, string | number | readonly string[]]): Buffer {
  if (typeof value === 'number') return Buffer.concat([text(key), u32(U32), u32(value)]);
  if (typeof value === 'string') return Buffer.concat([text(key), u32(STRING), text(value)]);
  return Buffer.concat([text(key), u32(ARRAY), u32(STRING), u64(value.length), ...value.map(text)]);
}

/** The header, up to the data, and where the data of each tensor begins in the file. */
export function ggufHeader(
  metadata: GgufPairs,
  tensors: readonly MadeGguf[],
): { readonly header: Buffer; readonly offsets: readonly number[] } {
  let end = 0;
  const relative = tensors.map(({ bytes }) => {
    const begin = end;
    end = aligned(begin + bytes);
    return begin;
  });
  const pairs = Object.entries(metadata);
  const parts = [
    Buffer.from('GGUF'),
    u32(3),
    u64(tensors.length),
    u64(pairs.length),
    ...pairs.map(pair),
    ...tensors.flatMap(({ name, type, shape }, i) => [
      text(name),
      u32(shape.length),
      ...[...shape].reverse().map(u64),
      u32(type),
      u64(relative[i] as number),
    ]),
  ];
  const header = Buffer.concat(parts);
  const dataOffset = aligned(header.length);
  return {
    header: Buffer.concat([header, Buffer.alloc(dataOffset - header.length)]),
    offsets: relative.map(offset => dataOffset + offset),
  };
}

/** Writes a file whose data is zeros, but for the given bytes at places in the file. */
export async function writeSparseGguf(
  path: string,
  metadata: GgufPairs,
  tensors: readonly MadeGguf[],
  put: (offsets: readonly number[]) => readonly (readonly [at: number, bytes: Uint8Array])[],
): Promise<number> {
  const { header, offsets } = ggufHeader(metadata, tensors);
  const size = (offsets.at(-1) ?? header.length) + aligned(tensors.at(-1)?.bytes ?? 0);
  const file = await open(path, 'w');
  try {
    await file.write(header, 0, undefined, 0);
    for (const [at, bytes] of put(offsets)) await file.write(bytes, 0, undefined, at);
    await file.truncate(size);
  } finally {
    await file.close();
  }
  return size;
}

/** What a whole file says: every value of its metadata, lists too, and its tensors with places from the file's beginning. */
export function readGguf(bytes: Buffer): {
  readonly metadata: ReadonlyMap<string, unknown>;
  readonly tensors: ReadonlyMap<
    string,
    { readonly shape: readonly number[]; readonly type: number; readonly offset: number }
  >;
} {
  let at = 0;
  const take = (length: number) => bytes.subarray(at, (at += length));
  const whole = () => Number(take(8).readBigUInt64LE());
  const string = () => take(whole()).toString();
  const value = (type: number): unknown => {
    if (type === 4) return take(4).readUInt32LE();
    if (type === 5) return take(4).readInt32LE();
    if (type === 6) return take(4).readFloatLE();
    if (type === 7) return take(1)[0] === 1;
    if (type === 8) return string();
    if (type !== 9) throw new Error(`a value of type ${type}`);
    const of = take(4).readUInt32LE();
    return Array.from({ length: whole() }, () => value(of));
  };
  if (take(4).toString() !== 'GGUF' || take(4).readUInt32LE() !== 3) throw new Error('not GGUF 3');
  const [count, pairs] = [whole(), whole()];
  const metadata = new Map(
    Array.from({ length: pairs }, () => [string(), value(take(4).readUInt32LE())] as const),
  );
  const listed = Array.from({ length: count }, () => {
    const name = string();
    const shape = Array.from({ length: take(4).readUInt32LE() }, whole).reverse();
    return [name, { shape, type: take(4).readUInt32LE(), offset: whole() }] as const;
  });
  const begin = aligned(at);
  return {
    metadata,
    tensors: new Map(listed.map(([name, tensor]) => [name, { ...tensor, offset: begin + tensor.offset }])),
  };
}
