/** .tvq files that someone else might have written: every hash is right, but this tool would not write them so. */
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { packRecords, parseRecords, sha256, type StoredRecords } from '../extension/formats/tvq/tables.ts';
import { safetensorsBytes } from './checkpoints.ts';

interface Part {
  dtype: string;
  shape: number[];
  data: Uint8Array;
}

/** A file's parts, to be changed in place. */
export interface TvqParts {
  readonly metadata: Record<string, string>;
  readonly tensors: Map<string, Part>;
}

export const bytesPart = (data: Uint8Array): Part => ({ dtype: 'U8', shape: [data.length], data });

/** Changes the JSON of a metadata value. */
export function changeJson<T>({ metadata }: TvqParts, key: string, change: (value: T) => unknown): void {
  const value = JSON.parse(metadata[key] as string) as T;
  metadata[key] = JSON.stringify(change(value) ?? value);
}

/** Puts other tables into the file, and updates the header for them. */
export function putTables(parts: TvqParts, tables: { tensors?: Uint8Array; records?: Uint8Array }): void {
  for (const [name, data] of Object.entries(tables)) parts.tensors.set(`@${name}`, bytesPart(data));
  const stored = ['@tensors', '@records'].map(name => (parts.tensors.get(name) as Part).data);
  changeJson<{ sha256: string }>(parts, 'tvq_tables', value => ({ ...value, sha256: sha256(stored) }));
}

/** Changes how records are stored; vectors are in the order of the file. */
export function changeRecords(parts: TvqParts, change: (vectors: StoredRecords[]) => StoredRecords[]): void {
  const { lengthBytes } = JSON.parse(parts.metadata.tvq_tables as string) as { lengthBytes: number };
  const vectors = JSON.parse(parts.metadata.tvq_vectors as string) as { name: string }[];
  const counts = vectors.map(({ name }) => parts.tensors.get(`${name}:checksums`)?.shape[0] as number);
  const { data } = parts.tensors.get('@records') as Part;
  const records = packRecords(change(parseRecords(data, counts, lengthBytes)), lengthBytes);
  putTables(parts, { records });
}

/** Writes the changed file, with the right header hash. */
export async function changeTvq(
  source: string,
  target: string,
  change: (parts: TvqParts) => void,
): Promise<string> {
  const bytes = await readFile(source);
  const length = Number(bytes.readBigUInt64LE(0));
  const { __metadata__, ...entries } = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as {
    __metadata__: Record<string, string>;
  } & Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>;
  const data = bytes.subarray(8 + length);
  const tensors = new Map(
    Object.entries(entries).map(([name, { dtype, shape, data_offsets: range }]) => [
      name,
      { dtype, shape, data: data.subarray(...range) },
    ]),
  );
  const parts: TvqParts = { metadata: { ...__metadata__ }, tensors };
  change(parts);
  let at = 0;
  const placed = [...parts.tensors].map(([name, { dtype, shape, data: content }]) => {
    const begin = at;
    at += content.length;
    return [name, { dtype, shape, data_offsets: [begin, at] }];
  });
  const text = (hash: string) => {
    const json = JSON.stringify({
      __metadata__: { ...parts.metadata, tvq_header_sha256: hash },
      ...Object.fromEntries(placed),
    });
    return Buffer.from(json + ' '.repeat((8 - (Buffer.byteLength(json) % 8)) % 8));
  };
  const hash = createHash('sha256')
    .update(safetensorsBytes(text('0'.repeat(64))))
    .digest('hex');
  const content = Buffer.concat([...parts.tensors.values()].map(part => part.data));
  await writeFile(target, safetensorsBytes(text(hash), content));
  return target;
}
