/** Mutations of a safetensors file that get past the first check: the length in front of the header is updated. */
import { createHash } from 'node:crypto';
import { mutateBytes, mutateText } from './mutate.ts';
import type { Random } from './random.ts';

const HASH_KEY = 'tvq_header_sha256';

export interface Parts {
  readonly header: string;
  readonly data: Uint8Array;
}

export function partsOf(file: Uint8Array): Parts {
  const bytes = Buffer.from(file);
  const end = 8 + Number(bytes.readBigUInt64LE(0));
  return { header: bytes.toString('utf8', 8, end), data: bytes.subarray(end) };
}

export function joined({ header, data }: Parts): Buffer {
  const json = Buffer.from(header);
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([prefix, json, data]);
}

/** Changes a value of the metadata, which is JSON in JSON in a .tvq file; the header's own hash is its last key. */
function mutateMetadata(header: string, random: Random): string {
  try {
    const json = JSON.parse(header) as Record<string, unknown>;
    const metadata = json.__metadata__ as Record<string, string>;
    const key = random.pick(Object.keys(metadata));
    if (random.chance(0.1)) delete metadata[key];
    else metadata[key] = mutateText(metadata[key] as string, random);
    return JSON.stringify(json);
  } catch {
    return mutateText(header, random);
  }
}

/** The hash of a .tvq file's header, over the header with zeros in its place. */
export function hashed(file: Buffer): Buffer {
  const at = file.indexOf(`"${HASH_KEY}":"`);
  if (at < 0) return file;
  const start = at + HASH_KEY.length + 4;
  file.fill('0', start, start + 64);
  const end = 8 + Number(file.readBigUInt64LE(0));
  return Buffer.concat([
    file.subarray(0, start),
    Buffer.from(createHash('sha256').update(file.subarray(0, end)).digest('hex')),
    file.subarray(start + 64),
  ]);
}

export function mutateSafetensors(file: Uint8Array, random: Random): Uint8Array {
  const { header, data } = partsOf(file);
  const choice = random.next();
  if (choice < 0.05) return mutateBytes(file, random);
  const changed =
    choice < 0.4
      ? { header: mutateText(header, random), data }
      : choice < 0.8
        ? { header: mutateMetadata(header, random), data }
        : { header, data: mutateBytes(data, random) };
  const result = joined(changed);
  return random.chance(0.9) ? hashed(result) : result;
}
