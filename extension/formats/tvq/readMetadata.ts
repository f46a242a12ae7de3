/** A .tvq file's metadata, checked: its version, what a reader must understand, and its JSON. */
import type * as z from 'zod';
import { nestsDeeper } from '../json/jsonDepth.ts';
import type { SafetensorsHeader } from '../safetensors/safetensors.ts';
import { UserError } from '../../shared/errors.ts';
import { FEATURES, FIRST_WITH_TABLES, FORMAT_NAME, FORMAT_VERSION, OLDEST_VERSION } from './layout.ts';
import { METADATA, OLD_METADATA, type Metadata, type OldMetadata } from './metadata.ts';
import { fault } from './partReader.ts';

/** Metadata nests at most: list, entry, shape. The recipe is plain data of the same depth. */
const MAX_METADATA_DEPTH = 6;

/** @throws UserError naming the file and the fault; a newer file is refused as such, before anything else is checked */
export function readMetadata(header: SafetensorsHeader): {
  readonly version: number;
  readonly metadata: Metadata | OldMetadata;
} {
  checkVersion(header);
  const { tvq_requires } = METADATA;
  checkRequired(header.file, parseMetadata(header, { tvq_requires }));
  const version = Number(header.metadata.tvq_version);
  const metadata =
    version >= FIRST_WITH_TABLES ? parseMetadata(header, METADATA) : parseMetadata(header, OLD_METADATA);
  return { version, metadata };
}

function checkVersion({ file, metadata }: SafetensorsHeader): void {
  if (metadata.format !== FORMAT_NAME || metadata.tvq_version === undefined) {
    throw new UserError(
      `${file}: a safetensors file, but not a .tvq file (its metadata has no format "${FORMAT_NAME}")`,
    );
  }
  if (!VERSIONS.has(metadata.tvq_version)) {
    throw new UserError(
      `${file}: .tvq format version ${metadata.tvq_version.slice(0, 20)}, this tool reads versions ${[...VERSIONS].join(', ')}; update it`,
    );
  }
}

const VERSIONS: ReadonlySet<string> = new Set(
  Array.from({ length: FORMAT_VERSION - OLDEST_VERSION + 1 }, (_, i) => String(OLDEST_VERSION + i)),
);

/** A file may need a feature of later versions: ignoring it would restore something else. */
function checkRequired(file: string, { tvq_requires: required }: Pick<Metadata, 'tvq_requires'>): void {
  const unknown = required.filter(feature => !FEATURES.has(feature));
  if (unknown.length === 0) return;
  const names = unknown.map(name => JSON.stringify(name)).join(', ');
  throw new UserError(`${file}: it needs a reader that understands ${names}, this tool does not; update it`);
}

type Schemas = Readonly<Record<string, z.ZodType>>;

function parseMetadata<S extends Schemas>(
  { file, metadata }: SafetensorsHeader,
  schemas: S,
): { [K in keyof S]: z.infer<S[K]> } {
  const parsed = Object.entries(schemas).map(([key, schema]) => {
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
  return Object.fromEntries(parsed) as { [K in keyof S]: z.infer<S[K]> };
}
