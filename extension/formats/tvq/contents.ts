/** What the vectors of a .tvq file consist of, wherever a version stores that. */
import { elementCount } from '../dtype.ts';
import type { TensorEntry } from '../safetensors/safetensors.ts';
import { hasPayload } from './codecNature.ts';
import { codecOf, payloadBytes, type Codec, type CodecEntry } from './codecs.ts';
import { BASE_MODEL, PAYLOADS, payloadName, RECORD_TABLE, sideArrays, TENSOR_TABLE } from './layout.ts';
import type { Metadata, OldMetadata } from './metadata.ts';
import { fault, type PartReader } from './partReader.ts';
import {
  MAX_RECORDS,
  parseRecords,
  parseTensors,
  payloadOffsets,
  recordBytes,
  unpacked,
  type TableRow,
  type TensorTable,
} from './tables.ts';

export interface TvqContents {
  /** The base model's tensors, in the order of their checksums. */
  readonly base: readonly TableRow[];
  readonly vectors: readonly (readonly PlacedRecord[])[];
  /** Bytes of the tables in the file. */
  readonly bytes: number;
}

export interface PlacedRecord {
  readonly row: TableRow;
  readonly entry: CodecEntry;
  /** undefined: not known to this version. */
  readonly codec: Codec | undefined;
  /** Where the payload is; undefined without one. */
  readonly payload: TensorEntry | undefined;
}

/** Contents of versions that have them in the header: a tensor for each payload. */
export function contentsOfHeader(file: string, metadata: OldMetadata, reader: PartReader): TvqContents {
  const { tvq_tensors: tensors, tvq_codecs: codecs, tvq_base: base } = metadata;
  const rowOf = (index: number): TableRow => {
    const row = tensors[index];
    if (!row) throw fault(file, `it refers to tensor row ${index} of ${tensors.length}`);
    return row;
  };
  const known = codecs.map(codecOf);
  const vectors = metadata.tvq_vectors.map(({ name, tensors: rows, codecs: used }) => {
    if (used.length !== rows.length)
      throw fault(file, `vector "${name}" has ${rows.length} tensors, but ${used.length} codecs`);
    return rows.map((index, i): PlacedRecord => {
      const row = rowOf(index);
      const entry = codecs[used[i] as number];
      if (!entry)
        throw fault(file, `tensor "${row[0]}" of "${name}" has codec ${used[i]} of ${codecs.length}`);
      const codec = known[used[i] as number];
      return { row, entry, codec, payload: takePayload(reader, payloadName(name, row[0]), row, codec) };
    });
  });
  return { base: base.tensors.map(rowOf), vectors, bytes: 0 };
}

/** The payload of a record: present if and only if its codec has one, and of the length that the codec implies. */
function takePayload(
  reader: PartReader,
  name: string,
  [, dtype, shape]: TableRow,
  codec: Codec | undefined,
): TensorEntry | undefined {
  if (!codec) return reader.takeAny(name);
  if (codec.codec === 'exact') return reader.take(name, dtype, shape);
  if (!hasPayload(codec)) return undefined;
  const bytes = payloadBytes(codec, elementCount(shape), dtype);
  return bytes === undefined ? reader.takeBytes(name) : reader.take(name, 'U8', [bytes]);
}

/** Contents that are stored in tables. */
export async function contentsOfTables(
  file: string,
  { tvq_tables: stated, tvq_codecs: codecs, tvq_vectors: listed }: Metadata,
  reader: PartReader,
): Promise<TvqContents> {
  const counts = {
    base: reader.lengthOf(sideArrays.checksums(BASE_MODEL)),
    vectors: listed.map(({ name }) => reader.lengthOf(sideArrays.checksums(name))),
  };
  const records = counts.vectors.reduce((sum, count) => sum + count, 0);
  if (records > MAX_RECORDS)
    throw fault(file, `it has ${records} records, at most ${MAX_RECORDS} are allowed`);
  const { lengthBytes } = stated;
  const stored = [
    await reader.readBytes(TENSOR_TABLE),
    await reader.readBytes(RECORD_TABLE, [records * recordBytes(lengthBytes)]),
  ] as const;
  reader.checkHash(stated.sha256, 'its tables');
  const table = tensorTable(file, () =>
    parseTensors(unpacked({ stored: stored[0], bytes: stated.tensors }), counts),
  );
  const used = parseRecords(stored[1], counts.vectors, lengthBytes);
  const { offsets, total } = payloadOffsets(
    table,
    used.map(({ lengths }) => lengths),
  );
  const payloads = reader.take(PAYLOADS, 'U8', [total]);
  const known = codecs.map(codecOf);
  const vectors = listed.map(({ name }, v) =>
    (table.vectors[v] as readonly number[]).map((index, i): PlacedRecord => {
      const row = table.tensors[index] as TableRow;
      const [tensor, dtype, shape] = row;
      const code = used[v]?.codecs[i] as number;
      const bytes = used[v]?.lengths[i] as number;
      const entry = codecs[code];
      if (!entry) throw fault(file, `tensor "${tensor}" of "${name}" has codec ${code} of ${codecs.length}`);
      const codec = known[code];
      const expected = codec && payloadBytes(codec, elementCount(shape), dtype);
      if (expected !== undefined && bytes !== expected)
        throw fault(
          file,
          `tensor "${tensor}" of "${name}" has a payload of ${bytes} bytes, ${expected} were expected`,
        );
      const there = codec ? hasPayload(codec) : bytes > 0;
      const exact = codec?.codec === 'exact';
      const payload: TensorEntry | undefined = there
        ? {
            name: payloadName(name, tensor),
            dtype: exact ? dtype : 'U8',
            shape: exact ? shape : [bytes],
            offset: payloads.offset + (offsets[v]?.[i] as number),
            bytes,
          }
        : undefined;
      return { row, entry, codec, payload };
    }),
  );
  return {
    base: table.base.map(index => table.tensors[index] as TableRow),
    vectors,
    bytes: stored[0].length + stored[1].length,
  };
}

function tensorTable(file: string, parse: () => TensorTable): TensorTable {
  try {
    return parse();
  } catch (error) {
    throw fault(file, `"${TENSOR_TABLE}": ${(error as Error).message}`);
  }
}
