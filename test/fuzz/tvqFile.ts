/** Mutations of a .tvq file that reach the content of its compressed tables. */
import { deflateSync, inflateSync } from 'node:zlib';
import { sha256 } from '../../extension/formats/tvq/tables.ts';
import { mutateBytes, mutateText } from './mutate.ts';
import type { Random } from './random.ts';
import { hashed, joined, mutateSafetensors, partsOf } from './safetensorsFile.ts';

const TABLES = ['@tensors', '@records'] as const;

interface Header {
  __metadata__: Record<string, string>;
  [tensor: string]: unknown;
}

/** Changes a table before it is compressed, and updates the header for it; or changes anything else in the file. */
export function mutateTvq(file: Uint8Array, random: Random): Uint8Array {
  const { header, data } = partsOf(file);
  const json = JSON.parse(header) as Header;
  if (!TABLES.every(name => name in json) || random.chance(0.5)) return mutateSafetensors(file, random);
  const { __metadata__: metadata, ...tensors } = json as Header & Record<string, { data_offsets: number[] }>;
  const parts = Object.entries(tensors).map(([name, entry]) => ({
    name,
    entry,
    bytes: data.subarray(...(entry.data_offsets as [number, number])),
  }));
  const chosen = random.pick(TABLES);
  const part = parts.find(({ name }) => name === chosen) as (typeof parts)[number];
  const text = chosen === '@tensors' ? mutateText(inflateSync(part.bytes).toString(), random) : undefined;
  part.bytes = text === undefined ? Buffer.from(mutateBytes(part.bytes, random)) : deflateSync(text);
  const stored = TABLES.map(table => parts.find(({ name }) => name === table)?.bytes as Uint8Array);
  const stated = JSON.parse(metadata.tvq_tables as string) as object;
  metadata.tvq_tables = JSON.stringify({
    ...stated,
    ...(text !== undefined && random.chance(0.9) ? { tensors: Buffer.byteLength(text) } : {}),
    sha256: sha256(stored),
  });
  let at = 0;
  for (const { entry, bytes } of parts) {
    if (bytes === part.bytes) Object.assign(entry, { shape: [bytes.length] });
    entry.data_offsets = [at, (at += bytes.length)];
  }
  const changed = JSON.stringify({
    __metadata__: metadata,
    ...Object.fromEntries(parts.map(p => [p.name, p.entry])),
  });
  return hashed(joined({ header: changed, data: Buffer.concat(parts.map(({ bytes }) => bytes)) }));
}
