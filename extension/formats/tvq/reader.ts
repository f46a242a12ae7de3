import { elementCount, isQuantizable, type Dtype } from '../dtype.ts';
import {
  readSafetensorsHeader,
  type SafetensorsHeader,
  type TensorEntry,
} from '../safetensors/safetensors.ts';
import type { FileStamp } from '../../files/fileStamp.ts';
import { contentsOfHeader, contentsOfTables, type PlacedRecord, type TvqContents } from './contents.ts';
import { filesOf, type TvqStoredFile } from './files.ts';
import { isCoded, needsBase } from './codecNature.ts';
import type { Codec } from './codecs.ts';
import { BASE_MODEL, isReserved, isTaskName, SHARED_VECTOR, sideArrays } from './layout.ts';
import type { Metadata, OldMetadata } from './metadata.ts';
import { fault, PartReader, type TvqExtra } from './partReader.ts';
import { readMetadata } from './readMetadata.ts';

/** One tensor of one vector. */
export interface TvqRecord {
  readonly tensor: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly codec: Codec;
  /** Scale and zero point (affine), 0 and the value (constant). */
  readonly scales: readonly [number, number];
  /** XXH64 of the payload, 16 hex digits. */
  readonly checksum: string;
  /** Squared error and squared norm of what was quantized. */
  readonly errors: readonly [number, number];
  /** Where the payload is; undefined without one. */
  readonly payload: TensorEntry | undefined;
}

export interface TvqVector {
  readonly name: string;
  /** The fine-tuned checkpoint; undefined for the shared vector. */
  readonly source: { readonly name: string; readonly fingerprint: string } | undefined;
  /** Whether its tensors were computed in a wider dtype than the model's: restored, they have the base's. */
  readonly widened: boolean;
  readonly records: readonly TvqRecord[];
}

/** A vector from a later version that this one cannot restore; all that is known is why. */
export interface UnreadableVector {
  readonly name: string;
  readonly why: string;
  readonly payloads: readonly {
    readonly tensor: string;
    readonly entry: TensorEntry;
    readonly checksum: string;
  }[];
}

/** A .tvq file's header, checked; payloads are read by range when they are needed. */
export interface TvqFile {
  readonly path: string;
  readonly bytes: number;
  /** Of the file when its header was read. */
  readonly stamp: FileStamp;
  readonly headerBytes: number;
  /** Of the compressed tables; 0 if they are in the header. */
  readonly tableBytes: number;
  readonly tool: string;
  readonly created: string;
  readonly scheme: Metadata['tvq_scheme'];
  readonly base: {
    readonly name: string;
    readonly fingerprint: string;
    /** The hashed tensors with their XXH64. */
    readonly tensors: readonly { name: string; dtype: Dtype; shape: readonly number[]; checksum: string }[];
  };
  readonly shared: TvqVector | undefined;
  readonly tasks: readonly TvqVector[];
  /** Tasks, and vectors of tasks, that need a later version. */
  readonly unreadable: readonly UnreadableVector[];
  readonly version: number;
  /** Files beside the weights. */
  readonly files: readonly TvqStoredFile[];
  /** Reserved tensors, including those of files. */
  readonly extras: readonly TvqExtra[];
  readonly recipe: unknown;
}

/** Reads and checks a .tvq file's header, tables and side arrays. @throws UserError naming the file and the fault. */
export async function openTvq(path: string): Promise<TvqFile> {
  const header = await readSafetensorsHeader(path);
  const { version, metadata } = readMetadata(header);
  const reader = await PartReader.open(header);
  try {
    const contents =
      'tvq_tables' in metadata
        ? await contentsOfTables(header.file, metadata, reader)
        : contentsOfHeader(header.file, metadata, reader);
    return { ...(await assemble(header, metadata, contents, reader)), version, stamp: header.stamp };
  } finally {
    await reader.close();
  }
}

async function assemble(
  header: SafetensorsHeader,
  metadata: Metadata | OldMetadata,
  contents: TvqContents,
  reader: PartReader,
): Promise<Omit<TvqFile, 'stamp' | 'version'>> {
  const { file } = header;
  const { tvq_base: base, tvq_vectors: listed } = metadata;
  const baseChecksums = await reader.read(sideArrays.checksums(BASE_MODEL), 'U64', [contents.base.length]);
  reader.checkHash(base.sideSha256, 'the checksums of the base model');

  const readable: TvqVector[] = [];
  const unreadable: UnreadableVector[] = [];
  for (const [v, vector] of listed.entries()) {
    const { name, source } = vector;
    const widened = 'widened' in vector && vector.widened === true;
    if (!isReserved(name) && !isTaskName(name))
      throw fault(file, `"${name}" is not a task name: letters, digits, dots, dashes and underscores are`);
    const placed = contents.vectors[v] as readonly PlacedRecord[];
    if (new Set(placed.map(({ row: [tensor] }) => tensor)).size !== placed.length)
      throw fault(file, `vector "${name}" lists a tensor twice`);
    const sides = await readSides(reader, name, placed.length, vector.sideSha256);
    const counted = metadata.tvq_scheme.scheme !== 'fq' && name !== SHARED_VECTOR;
    const why = whyUnreadable(metadata, vector, placed);
    if (why === undefined)
      readable.push({
        name,
        source,
        widened,
        records: placed.map((one, i) => recordOf(file, name, one, sides(i), counted)),
      });
    else
      unreadable.push({
        name,
        why,
        payloads: placed.flatMap(({ row: [tensor], payload }, i) =>
          payload ? [{ tensor, entry: payload, checksum: sides(i).checksum }] : [],
        ),
      });
  }
  const extras = reader.takeExtras(metadata.tvq_extras);
  if (new Set(listed.map(({ name }) => name)).size !== listed.length)
    throw fault(file, 'two of its vectors have the same name');
  const shared = readable.find(({ name }) => name === SHARED_VECTOR);
  const orphans = withoutShared(
    readable,
    unreadable.find(({ name }) => name === SHARED_VECTOR),
  );

  return {
    path: file,
    bytes: header.fileBytes,
    headerBytes: header.dataOffset,
    tableBytes: contents.bytes,
    tool: header.metadata.tvq_tool ?? '',
    created: header.metadata.tvq_created ?? '',
    scheme: metadata.tvq_scheme,
    base: {
      name: base.name,
      fingerprint: base.fingerprint,
      tensors: contents.base.map(([name, dtype, shape], i) => ({
        name,
        dtype,
        shape,
        checksum: hex(baseChecksums, i),
      })),
    },
    shared,
    tasks: readable.filter(({ name }) => name !== SHARED_VECTOR && !orphans.some(one => one.name === name)),
    unreadable: [...unreadable, ...orphans],
    files: filesOf(file, metadata, extras),
    extras,
    recipe: metadata.tvq_recipe,
  };
}

/** The arrays beside a vector's payloads, by record. */
async function readSides(reader: PartReader, vector: string, count: number, stated: string) {
  const scales = await reader.read(sideArrays.scales(vector), 'F32', [count, 2]);
  const checksums = await reader.read(sideArrays.checksums(vector), 'U64', [count]);
  const errors = await reader.read(sideArrays.errors(vector), 'F32', [count, 2]);
  reader.checkHash(stated, `the scales and checksums of vector "${vector}"`);
  const pair = (view: DataView, i: number): readonly [number, number] => [
    view.getFloat32(8 * i, true),
    view.getFloat32(8 * i + 4, true),
  ];
  return (i: number) => ({
    scales: pair(scales, i),
    checksum: hex(checksums, i),
    errors: pair(errors, i),
  });
}

/** @param counted whether the vector's values are counted from the base model */
function recordOf(
  file: string,
  vector: string,
  { row: [tensor, dtype, shape], entry, codec, payload }: PlacedRecord,
  sides: Pick<TvqRecord, 'scales' | 'checksum' | 'errors'>,
  counted: boolean,
): TvqRecord {
  const [scale, zero] = sides.scales;
  const wrong = (what: string) => fault(file, `tensor "${tensor}" of "${vector}" has ${what}`);
  if (!Number.isSafeInteger(8 * elementCount(shape))) throw wrong(`a shape that overflows`);
  if (isCoded(codec as Codec) && !(Number.isFinite(scale) && scale > 0 && Number.isFinite(zero)))
    throw wrong(`scale ${scale} and zero point ${zero}`);
  if (needsBase(codec as Codec) && !(counted && isQuantizable(dtype)))
    throw wrong(`codec ${entry.codec} where there is nothing that it is relative to`);
  return { tensor, dtype, shape, codec: codec as Codec, payload, ...sides };
}

/** What this version does not know about a vector; undefined if it can restore it. */
function whyUnreadable(
  metadata: Metadata | OldMetadata,
  vector: Metadata['tvq_vectors'][number],
  placed: readonly PlacedRecord[],
): string | undefined {
  const { name } = vector;
  if (isReserved(name) && name !== SHARED_VECTOR) return 'a kind of vector that this tool does not know';
  const strange = placed.find(({ codec }) => codec === undefined);
  if (strange) {
    const { codec } = strange.entry;
    return `tensor "${strange.row[0]}" has codec ${JSON.stringify(codec.slice(0, 40))}, in a form that this tool does not know`;
  }
  const countsFrom = (metadata: Metadata) =>
    metadata.tvq_scheme.scheme === 'rtvq' && name !== SHARED_VECTOR ? SHARED_VECTOR : undefined;
  if (!('tvq_tables' in metadata) || vector.shared === countsFrom(metadata)) return undefined;
  return `it is relative to ${JSON.stringify(vector.shared ?? 'the base model alone')}, which this tool does not know`;
}

/** Tasks relative to a shared vector that cannot be read. */
function withoutShared(
  vectors: readonly TvqVector[],
  shared: UnreadableVector | undefined,
): UnreadableVector[] {
  if (!shared) return [];
  return vectors.map(({ name, records }) => ({
    name,
    why: `it is relative to "${SHARED_VECTOR}", where ${shared.why}`,
    payloads: records.flatMap(({ tensor, payload, checksum }) =>
      payload ? [{ tensor, entry: payload, checksum }] : [],
    ),
  }));
}

const hex = (view: DataView, i: number) =>
  view
    .getBigUint64(8 * i, true)
    .toString(16)
    .padStart(16, '0');
