import { packedBytes } from '../../../kernels/backend.ts';
import { elementCount, type Dtype } from '../checkpoint/dtype.ts';
import { nestsDeeper } from '../checkpoint/jsonDepth.ts';
import {
  readSafetensorsHeader,
  type SafetensorsHeader,
  type TensorEntry,
} from '../checkpoint/safetensors.ts';
import { UserError } from '../errors.ts';
import type { FileStamp } from '../fileStamp.ts';
import {
  BASE_MODEL,
  FORMAT_NAME,
  FEATURES,
  FORMAT_VERSION,
  isCoded,
  OLDEST_VERSION,
  payloadName,
  SHARED_VECTOR,
  sideArrays,
  type Codec,
} from './layout.ts';
import { codebookParts } from './codebookPayload.ts';
import { METADATA, type Metadata } from './metadata.ts';
import { filesOf, type TvqStoredFile } from './files.ts';
import { fault, PartReader, type TvqExtra } from './partReader.ts';

/** Metadata nests at most: list, entry, shape. The recipe is plain data of the same depth. */
const MAX_METADATA_DEPTH = 6;

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
  readonly records: readonly TvqRecord[];
}

/** A .tvq file's header, checked; payloads are read by range when they are needed. */
export interface TvqFile {
  readonly path: string;
  readonly bytes: number;
  /** Of the file as its header was read. */
  readonly stamp: FileStamp;
  readonly headerBytes: number;
  readonly tool: string;
  readonly created: string;
  readonly scheme: Metadata['tvq_scheme'];
  readonly base: {
    readonly name: string;
    readonly fingerprint: string;
    /** What was hashed, with its XXH64. */
    readonly tensors: readonly { name: string; dtype: Dtype; shape: readonly number[]; checksum: string }[];
  };
  readonly shared: TvqVector | undefined;
  readonly tasks: readonly TvqVector[];
  readonly version: number;
  /** Files beside the weights. */
  readonly files: readonly TvqStoredFile[];
  /** Reserved tensors, those of files included. */
  readonly extras: readonly TvqExtra[];
  readonly recipe: unknown;
}

/** Reads and checks a .tvq file's header and side arrays. @throws UserError naming the file and the fault. */
export async function openTvq(path: string): Promise<TvqFile> {
  const header = await readSafetensorsHeader(path);
  checkVersion(header);
  const metadata = parseMetadata(header);
  checkRequired(header.file, metadata);
  const reader = await PartReader.open(header);
  try {
    return { ...(await assemble(header, metadata, reader)), stamp: header.stamp };
  } finally {
    await reader.close();
  }
}

function checkVersion({ file, metadata }: SafetensorsHeader): void {
  if (metadata.format !== FORMAT_NAME || metadata.tvq_version === undefined) {
    throw new UserError(
      `${file}: a safetensors file, but not a .tvq file (its metadata has no format "${FORMAT_NAME}")`,
    );
  }
  if (!VERSIONS.has(metadata.tvq_version)) {
    throw new UserError(
      `${file}: .tvq format version ${metadata.tvq_version.slice(0, 20)}, this tool reads versions ${[...VERSIONS].join(' and ')}; update it`,
    );
  }
}

const VERSIONS: ReadonlySet<string> = new Set([OLDEST_VERSION, FORMAT_VERSION].map(String));

/** A file may need what only later versions of this tool know: ignoring it would restore something else. */
function checkRequired(file: string, { tvq_requires: required }: Metadata): void {
  const unknown = required.filter(feature => !FEATURES.has(feature));
  if (unknown.length === 0) return;
  const names = unknown.map(name => JSON.stringify(name)).join(', ');
  throw new UserError(`${file}: a reader has to understand ${names}, which this tool does not; update it`);
}

function parseMetadata({ file, metadata }: SafetensorsHeader): Metadata {
  const parsed = Object.entries(METADATA).map(([key, schema]) => {
    const text = metadata[key];
    if (text === undefined) {
      const absent = schema.safeParse(undefined);
      if (absent.success && key !== 'tvq_recipe') return [key, absent.data] as const;
      throw fault(file, `its metadata has no ${key}`);
    }
    if (nestsDeeper(Buffer.from(text), MAX_METADATA_DEPTH)) throw fault(file, `${key} nests too deep`);
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch (error) {
      throw fault(file, `${key} is not valid JSON (${(error as Error).message})`);
    }
    const result = schema.safeParse(json);
    if (result.success) return [key, result.data] as const;
    const [issue] = result.error.issues;
    throw fault(file, `${[key, ...(issue?.path ?? [])].join('.')}: ${issue?.message ?? 'invalid'}`);
  });
  return Object.fromEntries(parsed) as Metadata;
}

async function assemble(
  header: SafetensorsHeader,
  metadata: Metadata,
  reader: PartReader,
): Promise<Omit<TvqFile, 'stamp'>> {
  const { file } = header;
  const table = metadata.tvq_tensors;
  const row = (index: number) => {
    const entry = table[index];
    if (!entry) throw fault(file, `it refers to tensor row ${index} of ${table.length}`);
    return entry;
  };

  const { tvq_base: base } = metadata;
  const baseChecksums = await reader.read(sideArrays.checksums(BASE_MODEL), 'U64', [base.tensors.length]);
  reader.checkHash(base.sideSha256, 'the base model');

  const vectors: TvqVector[] = [];
  for (const vector of metadata.tvq_vectors) {
    const { name, tensors, codecs, source } = vector;
    const count = tensors.length;
    if (codecs.length !== count)
      throw fault(file, `vector "${name}" has ${count} tensors, but ${codecs.length} codecs`);
    const scales = await reader.read(sideArrays.scales(name), 'F32', [count, 2]);
    const checksums = await reader.read(sideArrays.checksums(name), 'U64', [count]);
    const errors = await reader.read(sideArrays.errors(name), 'F32', [count, 2]);
    reader.checkHash(vector.sideSha256, `vector "${name}"`);
    const records = tensors.map((index, i): TvqRecord => {
      const [tensor, dtype, shape] = row(index);
      const codec = metadata.tvq_codecs[codecs[i] as number];
      if (!codec)
        throw fault(
          file,
          `tensor "${tensor}" of "${name}" has codec ${codecs[i]} of ${metadata.tvq_codecs.length}`,
        );
      const payload = takePayload(reader, name, { tensor, dtype, shape, codec });
      const pair = (view: DataView): [number, number] => [
        view.getFloat32(8 * i, true),
        view.getFloat32(8 * i + 4, true),
      ];
      if (
        isCoded(codec) &&
        !(Number.isFinite(pair(scales)[0]) && pair(scales)[0] > 0 && Number.isFinite(pair(scales)[1]))
      ) {
        throw fault(
          file,
          `tensor "${tensor}" of "${name}" has scale ${pair(scales)[0]} and zero point ${pair(scales)[1]}`,
        );
      }
      return {
        tensor,
        dtype,
        shape,
        codec,
        scales: pair(scales),
        checksum: hex(checksums, i),
        errors: pair(errors),
        payload,
      };
    });
    if (new Set(records.map(({ tensor }) => tensor)).size !== count)
      throw fault(file, `vector "${name}" lists a tensor twice`);
    vectors.push({ name, source, records });
  }
  const extras = reader.takeExtras(metadata.tvq_extras);
  const names = new Set(vectors.map(({ name }) => name));
  if (names.size !== vectors.length) throw fault(file, 'two of its vectors have the same name');

  return {
    path: file,
    bytes: header.fileBytes,
    headerBytes: header.dataOffset,
    tool: header.metadata.tvq_tool ?? '',
    created: header.metadata.tvq_created ?? '',
    scheme: metadata.tvq_scheme,
    base: {
      name: base.name,
      fingerprint: base.fingerprint,
      tensors: base.tensors.map((index, i) => {
        const [name, dtype, shape] = row(index);
        return { name, dtype, shape, checksum: hex(baseChecksums, i) };
      }),
    },
    shared: vectors.find(({ name }) => name === SHARED_VECTOR),
    tasks: vectors.filter(({ name }) => name !== SHARED_VECTOR),
    version: Number(header.metadata.tvq_version),
    files: filesOf(file, metadata, extras),
    extras,
    recipe: metadata.tvq_recipe,
  };
}

/** The payload of a record: present exactly when its codec has one, and as long as the codec says. */
function takePayload(
  reader: PartReader,
  vector: string,
  record: Pick<TvqRecord, 'tensor' | 'dtype' | 'shape' | 'codec'>,
): TensorEntry | undefined {
  const { codec, dtype, shape } = record;
  const name = payloadName(vector, record.tensor);
  const count = elementCount(shape);
  switch (codec.codec) {
    case 'affine':
      return reader.take(name, 'U8', [packedBytes(count, codec.bits)]);
    case 'codebook':
      return reader.take(name, 'U8', [codebookParts(codec, count).bytes]);
    case 'entropy':
      return reader.takeBytes(name);
    case 'exact':
      return reader.take(name, dtype, shape);
    default:
      return undefined;
  }
}

const hex = (view: DataView, i: number) =>
  view
    .getBigUint64(8 * i, true)
    .toString(16)
    .padStart(16, '0');
