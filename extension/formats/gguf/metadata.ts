/** The key-value pairs of a GGUF header (ggml, docs/gguf.md). Vocabularies are long lists: passed over, not kept. */
import { quote } from '../safetensors/headerText.ts';
import type { Cursor } from './cursor.ts';

/** A value that is kept: a single one, or a short list of numbers. */
export type GgufValue = string | number | bigint | boolean | readonly number[];
export type GgufMetadata = ReadonlyMap<string, GgufValue>;

/** Real files have about 50. */
const MAX_PAIRS = 10_000;
/** The format's own limit. */
const MAX_KEY_BYTES = 65_535;
/** Chat templates have 10 kB, licences 100. */
const MAX_STRING_BYTES = 10 << 20;
/** Numbers of a list that is kept: one for each layer. */
const MAX_KEPT = 4096;

const [BOOL, STRING, LIST] = [7, 8, 9];

/** How to read a number, by its type; the bytes it takes. */
const NUMBERS: ReadonlyMap<number, readonly [bytes: number, read: (cursor: Cursor) => number | bigint]> =
  new Map([
    [0, [1, cursor => cursor.u8()]],
    [1, [1, cursor => cursor.i8()]],
    [2, [2, cursor => cursor.u16()]],
    [3, [2, cursor => cursor.i16()]],
    [4, [4, cursor => cursor.u32()]],
    [5, [4, cursor => cursor.i32()]],
    [6, [4, cursor => cursor.f32()]],
    [10, [8, cursor => cursor.u64()]],
    [11, [8, cursor => cursor.i64()]],
    [12, [8, cursor => cursor.f64()]],
  ]);

/**
 * Reads that many pairs, or fewer.
 * @param isEnough whether what is known is all that is asked for
 * @throws UserError naming what is wrong, and with which key
 */
export function readMetadata(
  cursor: Cursor,
  pairs: number,
  isEnough: (known: GgufMetadata) => boolean,
): GgufMetadata {
  if (pairs > MAX_PAIRS)
    throw cursor.fault(`it has ${pairs} metadata pairs, at most ${MAX_PAIRS} are allowed`);
  const metadata = new Map<string, GgufValue>();
  const seen = new Set<string>();
  for (let pair = 0; pair < pairs && !isEnough(metadata); pair++) {
    const key = cursor.string('a metadata key', MAX_KEY_BYTES);
    if (seen.has(key)) throw cursor.fault(`metadata ${quote(key)} appears twice`);
    seen.add(key);
    const value = readValue(cursor, key, cursor.u32());
    if (value !== undefined) metadata.set(key, value);
  }
  return metadata;
}

function readValue(cursor: Cursor, key: string, type: number): GgufValue | undefined {
  if (type === STRING) return cursor.string(`metadata ${quote(key)}`, MAX_STRING_BYTES);
  if (type === BOOL) return cursor.u8() !== 0;
  if (type === LIST) return readList(cursor, key);
  return numberOf(cursor, key, type)[1](cursor);
}

function numberOf(cursor: Cursor, key: string, type: number) {
  const found = NUMBERS.get(type);
  if (!found) throw cursor.fault(`metadata ${quote(key)} is of type ${type}, which is unknown`);
  return found;
}

/** @returns the numbers of a short list; undefined for any other, which is passed over */
function readList(cursor: Cursor, key: string): readonly number[] | undefined {
  const type = cursor.u32();
  // For messages; made once, as a list may have millions of texts.
  const length = `the length of metadata ${quote(key)}`;
  const count = cursor.size(length);
  if (type === STRING) for (let i = 0; i < count; i++) cursor.skip(cursor.size(length));
  else if (type === BOOL) cursor.skip(count);
  // ggml does not read them either (gguf.cpp).
  else if (type === LIST) throw cursor.fault(`metadata ${quote(key)} is a list of lists`);
  else {
    const [bytes, read] = numberOf(cursor, key, type);
    if (count <= MAX_KEPT) return Array.from({ length: count }, () => Number(read(cursor)));
    cursor.skip(count * bytes);
  }
  return undefined;
}

/** The text of a key; undefined if it has none. */
export function textOf(metadata: GgufMetadata, key: string): string | undefined {
  const value = metadata.get(key);
  return typeof value === 'string' ? value : undefined;
}
