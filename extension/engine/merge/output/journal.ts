/** Which shards of a partial folder are complete: what a later run may take over. */
import { readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { Cancelled } from '../../errors.ts';
import type { Shard } from './shards.ts';
import { sha256Of, writeSmallFile, type WrittenFile } from './writtenFile.ts';

export const JOURNAL = '.tvq-journal.json';

/** A line for each of at most 100,000 shards; more is not a journal. */
const MAX_JOURNAL_BYTES = 16 << 20;

const schema = z.object({
  version: z.literal(1),
  shards: z.array(
    z.object({ name: z.string(), bytes: z.int().nonnegative(), sha256: z.string().length(64) }),
  ),
});

/** Replaces the journal as a whole, so that a crash leaves the old or the new one. */
export async function writeJournal(folder: string, shards: readonly WrittenFile[]): Promise<void> {
  const temporary = `${JOURNAL}.new`;
  await writeSmallFile(folder, temporary, JSON.stringify({ version: 1, shards }, undefined, 2) + '\n');
  await rename(join(folder, temporary), join(folder, JOURNAL));
}

/** Shards the journal of a folder lists; undefined when there is none, or it cannot be read. */
async function readJournal(folder: string): Promise<WrittenFile[] | undefined> {
  const file = join(folder, JOURNAL);
  try {
    const info = await stat(file);
    if (!info.isFile() || info.size > MAX_JOURNAL_BYTES) return undefined;
    return schema.parse(JSON.parse(await readFile(file, 'utf8'))).shards;
  } catch {
    return undefined; // no journal, or no longer one: the shards are then written anew
  }
}

export interface Recovery {
  /** Complete shards by name. */
  readonly intact: ReadonlyMap<string, WrittenFile>;
  /** Names of shards that the journal lists but that are not what it says. */
  readonly damaged: readonly string[];
}

/** Reads every shard that the journal lists and compares it with what was written. */
export async function recoverShards(
  folder: string,
  shards: readonly Shard[],
  signal: AbortSignal | undefined,
): Promise<Recovery> {
  const intact = new Map<string, WrittenFile>();
  const damaged: string[] = [];
  const planned = new Map(shards.map(shard => [shard.name, shard]));
  for (const entry of (await readJournal(folder)) ?? []) {
    const shard = planned.get(entry.name);
    if (!shard || intact.has(entry.name)) continue;
    if (shard.bytes === entry.bytes && (await isIntact(folder, entry, signal))) intact.set(entry.name, entry);
    else damaged.push(entry.name);
  }
  return { intact, damaged };
}

async function isIntact(
  folder: string,
  { name, bytes, sha256 }: WrittenFile,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const file = join(folder, name);
  try {
    const info = await stat(file);
    return info.isFile() && info.size === bytes && (await sha256Of(file, signal)) === sha256;
  } catch {
    if (signal?.aborted) throw new Cancelled();
    return false;
  }
}
