/** The header of a .tvq file: its content, and how long it can become. */
import { createHash } from 'node:crypto';
import {
  alignedDataOffset,
  headerJsonBytes,
  serializeHeader,
  type TensorEntry,
} from '../safetensors/safetensors.ts';
import { isCoded } from './codecNature.ts';
import type { Codec } from './codecs.ts';
import {
  BASE_MODEL,
  FORMAT_NAME,
  FORMAT_VERSION,
  HEADER_HASH_KEY,
  HEADER_HASH_PLACEHOLDER,
  PAYLOADS,
  RECORD_TABLE,
  SHARED_VECTOR,
  sideArrays,
  storedFileName,
  TENSOR_TABLE,
} from './layout.ts';
import { type Metadata } from './metadata.ts';
import {
  lengthBytesOf,
  MAX_LENGTH_BYTES,
  MAX_TABLE_BYTES,
  packTensors,
  recordBytes,
  type PackedTable,
  type TableRow,
} from './tables.ts';

/** One tensor of one vector as planned; the outcome may turn out to need no payload. */
export interface PlannedRecord {
  /** Row of the tensor table. */
  readonly row: number;
  readonly codec: Codec;
  /** Payload bytes of `codec`. */
  readonly bytes: number;
}

export interface PlannedVector {
  readonly name: string;
  /** Name of the fine-tuned checkpoint; undefined for the shared vector. */
  readonly checkpoint: string | undefined;
  /** Whether its tensors were computed in a wider dtype than the model's, as an adapter's are. */
  readonly widened?: boolean;
  readonly records: readonly PlannedRecord[];
}

/** Files beside the weights, compressed during planning, so that the size is known to the byte. */
export interface PlannedFiles {
  readonly stored: readonly { readonly bytes: Uint8Array; readonly checksum: string }[];
  readonly listed: Metadata['tvq_files'];
}

export const NO_FILES: PlannedFiles = { stored: [], listed: { table: [], tasks: [] } };

/** Everything about a .tvq file that is known before a tensor is read. */
export interface TvqLayout {
  readonly tool: string;
  readonly scheme: Metadata['tvq_scheme'];
  readonly tensors: readonly TableRow[];
  readonly base: { readonly name: string; readonly rows: readonly number[] };
  readonly vectors: readonly PlannedVector[];
  readonly files: PlannedFiles;
  readonly recipe: unknown;
}

/** A layout with the room reserved for its header; the rest is filled with spaces. */
export interface RoomyLayout extends TvqLayout {
  /** At least `headerBound` of the layout. */
  readonly headerBytes: number;
  readonly table: PackedTable;
}

/** Known once all tensors have been read. */
export interface Provenance {
  readonly created: string;
  /** XXH64 of each base tensor, in the order of `base.rows`. */
  readonly baseChecksums: readonly string[];
  readonly baseFingerprint: string;
  /** By vector; undefined for the shared one. */
  readonly fingerprints: readonly (string | undefined)[];
}

/** Hashes of the parts that the header refers to, and the sizes of both tables. */
export interface Digests {
  readonly tables: Metadata['tvq_tables'];
  readonly base: string;
  /** By vector. */
  readonly sides: readonly string[];
}

/** The table of a layout's tensors, as written to the file. */
export const tableOf = ({ tensors, base, vectors }: TvqLayout): PackedTable =>
  packTensors({
    tensors,
    base: base.rows,
    vectors: vectors.map(({ records }) => records.map(({ row }) => row)),
  });

/** Length of a fingerprint in hex digits: 128 bits. */
const FINGERPRINT_DIGITS = 32;
const ISO_DATE = '2000-01-01T00:00:00.000Z';

/** Identity of a checkpoint: what it contains, not where it is. */
export function fingerprintOf(
  tensors: Iterable<readonly [name: string, dtype: string, shape: readonly number[], checksum: string]>,
): string {
  const lines = [...tensors].map(
    ([name, dtype, shape, checksum]) => `${name}\0${dtype}\0${shape.join(',')}\0${checksum}\n`,
  );
  const hash = createHash('sha256');
  for (const line of lines.sort()) hash.update(line);
  return hash.digest('hex').slice(0, FINGERPRINT_DIGITS);
}

export const recordsOf = ({ vectors }: TvqLayout): number =>
  vectors.reduce((sum, { records }) => sum + records.length, 0);

/** Upper bound of the file's size, as the plan states it: some payloads may turn out to be unnecessary. */
export function plannedBytes(layout: RoomyLayout): number {
  return (
    alignedDataOffset(layout.headerBytes) +
    dataBytes(layout) +
    layout.table.stored.length +
    recordsOf(layout) * recordBytes(lengthBytesOf(layout.tensors))
  );
}

/** Bytes of payloads, arrays and files. */
const dataBytes = ({ base, vectors, files }: TvqLayout): number =>
  8 * base.rows.length +
  files.stored.reduce((sum, { bytes }) => sum + bytes.length, 0) +
  vectors.reduce(
    (sum, { records }) => sum + 24 * records.length + records.reduce((s, { bytes }) => s + bytes, 0),
    0,
  );

/** Bytes of the header when every number in it has its most digits. */
export function headerBound(layout: TvqLayout): number {
  const widest = 2 * dataBytes(layout) + 1_000_000;
  const none = '0'.repeat(FINGERPRINT_DIGITS);
  const metadata = metadataOf(
    layout,
    {
      created: ISO_DATE,
      baseChecksums: [],
      baseFingerprint: none,
      fingerprints: layout.vectors.map(({ checkpoint }) => (checkpoint === undefined ? undefined : none)),
    },
    {
      tables: { tensors: MAX_TABLE_BYTES, lengthBytes: MAX_LENGTH_BYTES, sha256: HASH },
      base: HASH,
      sides: layout.vectors.map(() => HASH),
    },
  );
  const entries = [
    ...sideEntries(layout),
    ...[TENSOR_TABLE, PAYLOADS, RECORD_TABLE].map(name => bytesEntry(name, widest)),
    ...fileEntries(layout).map(({ name, content }) => bytesEntry(name, content.length)),
  ];
  return headerJsonBytes(
    metadata,
    entries.map(entry => ({ ...entry, offset: widest })),
  );
}

/** Placeholder for any SHA-256. */
const HASH = HEADER_HASH_PLACEHOLDER;

const bytesEntry = (name: string, bytes: number): Omit<TensorEntry, 'offset'> => ({
  name,
  dtype: 'U8',
  shape: [bytes],
  bytes,
});

/** Distinct codecs of a file: the payload-less ones and `exact`, which any tensor may fall back to, come first; then
 * those with codes, by name and width. */
export function codecTable(layout: TvqLayout): Codec[] {
  const table: Codec[] = [{ codec: 'same' }, { codec: 'absent' }, { codec: 'constant' }, { codec: 'exact' }];
  const coded = new Map<string, Codec>();
  for (const { records } of layout.vectors) {
    for (const { codec } of records) if (isCoded(codec)) coded.set(JSON.stringify(codec), codec);
  }
  const sorted = [...coded].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, codec]) => codec);
  return [...table, ...sorted];
}

/** The arrays beside the payloads: eight bytes a row each. */
export function* sideEntries({ base, vectors }: TvqLayout): Generator<Omit<TensorEntry, 'offset'>> {
  const rows = base.rows.length;
  yield { name: sideArrays.checksums(BASE_MODEL), dtype: 'U64', shape: [rows], bytes: 8 * rows };
  for (const { name, records } of vectors) {
    const { length } = records;
    const bytes = 8 * length;
    yield { name: sideArrays.scales(name), dtype: 'F32', shape: [length, 2], bytes };
    yield { name: sideArrays.checksums(name), dtype: 'U64', shape: [length], bytes };
    yield { name: sideArrays.errors(name), dtype: 'F32', shape: [length, 2], bytes };
  }
}

/** The tensors that hold files, with their bytes. */
export const fileEntries = ({ files }: TvqLayout) =>
  files.stored.map(({ bytes }, n) => ({ name: storedFileName(n), content: bytes }));

export function metadataOf(
  layout: TvqLayout,
  provenance: Provenance,
  digests: Digests,
): Record<string, string> {
  const { scheme } = layout.scheme;
  const metadata: Metadata = {
    tvq_scheme: layout.scheme,
    tvq_base: {
      name: layout.base.name,
      fingerprint: provenance.baseFingerprint,
      sideSha256: digests.base,
    },
    tvq_codecs: codecTable(layout),
    tvq_tables: digests.tables,
    tvq_vectors: layout.vectors.map(({ name, checkpoint, widened }, v) => ({
      name,
      sideSha256: digests.sides[v] as string,
      ...(checkpoint === undefined
        ? {}
        : { source: { name: checkpoint, fingerprint: provenance.fingerprints[v] as string } }),
      ...(widened ? { widened } : {}),
      ...(scheme === 'rtvq' && name !== SHARED_VECTOR ? { shared: SHARED_VECTOR } : {}),
    })),
    tvq_requires: [],
    tvq_extras: layout.files.stored.map(({ checksum }, n) => [storedFileName(n), checksum]),
    tvq_files: layout.files.listed,
    tvq_recipe: layout.recipe,
  };
  return {
    [HEADER_HASH_KEY]: HEADER_HASH_PLACEHOLDER,
    format: FORMAT_NAME,
    tvq_version: String(FORMAT_VERSION),
    tvq_tool: layout.tool,
    tvq_created: provenance.created,
    ...Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, JSON.stringify(value)])),
  };
}

/** The header with its own hash filled in. */
export function hashedHeader(
  metadata: Record<string, string>,
  tensors: readonly TensorEntry[],
  dataOffset: number,
): Uint8Array {
  const header = Buffer.from(serializeHeader(metadata, tensors, dataOffset));
  const digest = createHash('sha256').update(header).digest('hex');
  header.write(digest, header.indexOf(HEADER_HASH_PLACEHOLDER), 'latin1');
  return header;
}
