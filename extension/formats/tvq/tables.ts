/**
 * The two tables of a .tvq file: which tensors there are and which vector has which, compressed (zlib, RFC 1950) and
 * known before anything is written; and how each was stored, a few bytes each, known last. In the header this would
 * take a hundred bytes per tensor and task.
 */
import { createHash } from 'node:crypto';
import { deflateSync, inflateSync } from 'node:zlib';
import * as z from 'zod';
import { DTYPE_BITS, elementCount, isDtype, type Dtype } from '../dtype.ts';
import { MAX_HEADER_BYTES } from '../safetensors/headerRoom.ts';
import { nestsDeeper } from '../json/jsonDepth.ts';

/** Limits on what a file may claim. Nobody has needed more tensors, longer names, or more tasks. */
export const MAX_TENSORS = 1_000_000;
export const MAX_NAME = 1024;
/** Dimensions of a tensor; frameworks have at most 64. */
export const MAX_RANK = 64;
export const MAX_VECTORS = 4096;
/** Records of all vectors: what is known of each takes some 300 bytes of memory. */
export const MAX_RECORDS = 4_000_000;
/** Bytes of the tensor table as JSON: the same as for the header that it replaces. */
export const MAX_TABLE_BYTES = MAX_HEADER_BYTES;
/** Number of codecs that a byte can distinguish. */
export const MAX_CODECS = 256;

/** Object, list of vectors, list of runs, run. */
const MAX_TABLE_DEPTH = 4;

export const text = z.string().max(MAX_NAME);
export const index = z.int().nonnegative().max(MAX_TENSORS);
const dtype = z.custom<Dtype>(value => typeof value === 'string' && isDtype(value), 'unknown dtype');

/** Name, dtype and shape; a tensor whose dtype or shape differs between checkpoints has a row for each. */
export const tableRow = z.tuple([text, dtype, z.array(z.int().nonnegative()).max(MAX_RANK)]);
export type TableRow = readonly [name: string, dtype: Dtype, shape: readonly number[]];

/** Rows of the table as [first, count], one run after the other. */
type Runs = readonly (readonly [first: number, count: number])[];
const runs = z.array(z.tuple([index, index])).max(MAX_TENSORS);

const tensorTable = z.object({
  tensors: z.array(tableRow).max(MAX_TENSORS),
  base: runs,
  vectors: z.array(runs).max(MAX_VECTORS),
});

/** Which tensors there are, and the rows of the base model and of each vector, in the order of their records. */
export interface TensorTable {
  readonly tensors: readonly TableRow[];
  readonly base: readonly number[];
  readonly vectors: readonly (readonly number[])[];
}

/** How each record of a vector was stored: an entry of the codec table, and the bytes of its payload. */
export interface StoredRecords {
  readonly codecs: readonly number[];
  readonly lengths: readonly number[];
}

/** The table of tensors as stored in the file, and its bytes before compression. */
export interface PackedTable {
  readonly stored: Uint8Array;
  readonly bytes: number;
}

/** Bytes of a record: a codec, and a length of `lengthBytes` bytes. */
export const recordBytes = (lengthBytes: number): number => 1 + lengthBytes;
/** Longer lengths would exceed exact integers. */
export const MAX_LENGTH_BYTES = 6;

/**
 * Bytes needed for the length of any payload of these tensors, whatever their codecs: that of the exact tensor, or of
 * 8-bit codes with scales and codebook. So a file's size follows from its payloads.
 */
export function lengthBytesOf(tensors: readonly TableRow[]): number {
  const longest = tensors.reduce((most, [, dtype, shape]) => {
    const count = elementCount(shape);
    return Math.max(most, (count * DTYPE_BITS[dtype]) / 8, 1.25 * count + 65_536);
  }, 0);
  return Math.ceil(Math.log2(longest + 1) / 8);
}

export function packTensors({ tensors, base, vectors }: TensorTable): PackedTable {
  const json = JSON.stringify({ tensors, base: runsOf(base), vectors: vectors.map(runsOf) });
  return { stored: deflateSync(json, { level: 9 }), bytes: Buffer.byteLength(json) };
}

/** Codecs, then lengths, of one vector after another. */
export function packRecords(vectors: readonly StoredRecords[], lengthBytes: number): Buffer {
  return Buffer.concat(
    vectors.flatMap(({ codecs, lengths }) => {
      const bytes = Buffer.alloc(lengths.length * lengthBytes);
      for (const [i, length] of lengths.entries()) bytes.writeUIntLE(length, i * lengthBytes, lengthBytes);
      return [Buffer.from(codecs), bytes];
    }),
  );
}

/** Maximum bytes that zlib makes of `bytes` (zlib.h, deflateBound). */
export const mostDeflated = (bytes: number): number => bytes + (bytes >> 8) + 64;

/**
 * The table before compression; uses no more memory than the stated bytes.
 * @throws Error saying what is wrong
 */
export function unpacked({ stored, bytes }: PackedTable): Buffer {
  const content = inflated(stored, bytes);
  if (content?.length !== bytes) throw new Error(`it does not decompress to ${bytes} bytes`);
  return content;
}

/** @returns undefined if it is not compressed, is truncated, or is longer than stated */
export function inflated(stored: Uint8Array, bytes: number): Buffer | undefined {
  try {
    return inflateSync(stored, { maxOutputLength: Math.max(1, bytes) });
  } catch {
    return undefined;
  }
}

/**
 * @param counts rows of the base and of each vector, from the arrays in the file: runs may not claim more
 * @throws Error saying what is wrong
 */
export function parseTensors(
  json: Uint8Array,
  counts: { readonly base: number; readonly vectors: readonly number[] },
): TensorTable {
  if (nestsDeeper(json, MAX_TABLE_DEPTH)) throw new Error('it nests too deep');
  const result = tensorTable.safeParse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json)));
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new Error(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`);
  }
  const { tensors, base, vectors } = result.data;
  if (vectors.length !== counts.vectors.length)
    throw new Error(`it is of ${vectors.length} vectors, ${counts.vectors.length} were expected`);
  const rowsOf = (list: Runs, expected: number): number[] => {
    const claimed = list.reduce((sum, [, count]) => sum + count, 0);
    if (claimed !== expected) throw new Error(`it has ${claimed} rows where ${expected} were expected`);
    const beyond = list.find(([first, count]) => first + count > tensors.length);
    if (beyond) throw new Error(`it refers to tensor row ${beyond[0] + beyond[1] - 1} of ${tensors.length}`);
    return list.flatMap(([first, count]) => Array.from({ length: count }, (_, i) => first + i));
  };
  return {
    tensors,
    base: rowsOf(base, counts.base),
    vectors: vectors.map((list, v) => rowsOf(list, counts.vectors[v] as number)),
  };
}

/** @param counts number of records of each vector, which must match the bytes */
export function parseRecords(
  table: Uint8Array,
  counts: readonly number[],
  lengthBytes: number,
): StoredRecords[] {
  const bytes = Buffer.from(table.buffer, table.byteOffset, table.byteLength);
  let at = 0;
  return counts.map(count => {
    const first = at + count;
    const codecs = [...bytes.subarray(at, first)];
    const lengths = Array.from({ length: count }, (_, i) =>
      bytes.readUIntLE(first + i * lengthBytes, lengthBytes),
    );
    at += count * recordBytes(lengthBytes);
    return { codecs, lengths };
  });
}

/**
 * Where each record's payload begins in `@payloads`: tensor by tensor in the order in which names first appear in the
 * table, and vector by vector within a tensor.
 */
export function payloadOffsets(
  { tensors, vectors }: TensorTable,
  lengths: readonly (readonly number[])[],
): { readonly offsets: number[][]; readonly total: number } {
  const groups = new Map<string, number>();
  const groupOf = tensors.map(([name]) => {
    if (!groups.has(name)) groups.set(name, groups.size);
    return groups.get(name) as number;
  });
  const next = new Array<number>(groups.size + 1).fill(0);
  const eachRecord = (work: (group: number, length: number) => number): number[][] =>
    vectors.map((rows, v) => rows.map((row, i) => work(groupOf[row] as number, lengths[v]?.[i] as number)));
  eachRecord((group, length) => (next[group + 1] = (next[group + 1] as number) + length));
  for (let group = 0; group < groups.size; group++)
    next[group + 1] = (next[group + 1] as number) + (next[group] as number);
  const total = next[groups.size] as number;
  const offsets = eachRecord((group, length) => {
    const offset = next[group] as number;
    next[group] = offset + length;
    return offset;
  });
  return { offsets, total };
}

/** SHA-256 (hex) of parts, one after the other. */
export function sha256(parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

function runsOf(rows: readonly number[]): Runs {
  const found: [first: number, count: number][] = [];
  for (const row of rows) {
    const last = found.at(-1);
    if (last && last[0] + last[1] === row) last[1]++;
    else found.push([row, 1]);
  }
  return found;
}
