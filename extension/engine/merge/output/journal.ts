/**
 * Which shards of a partial folder are complete, and what is known about their tensors, for a later run to reuse. One
 * line for each, with its own checksum, so that a crash in the middle of one or a damaged disk costs that line.
 */
import { createHash } from 'node:crypto';
import { appendFile, open, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { exists } from '../../../files/exists.ts';
import { JOURNAL } from '../../../files/hiddenNames.ts';
import { Cancelled } from '../../../shared/errors.ts';
import { identitySchema, type RunIdentity } from './runIdentity.ts';
import type { Shard } from './shards.ts';
import { packReport, reportSchema } from './storedReport.ts';
import { sha256Of, writeSmallFile, type WrittenFile } from './writtenFile.ts';
import type { MergeItemReport } from '../tensor/mergeItem.ts';

/** Kilobytes for each of 100,000 tensors; more is not a journal. */
const MAX_JOURNAL_BYTES = 1 << 29;

/** Raised when the meaning of lines changes: shards are then written again. */
const VERSION = 2;

const headSchema = z.object({ version: z.literal(VERSION), run: identitySchema });

const entrySchema = z.object({
  name: z.string(),
  bytes: z.int().nonnegative(),
  sha256: z.string().length(64),
  reports: z.array(reportSchema),
});

/** A complete shard: its file, and what its tensors' items reported, in order. */
export interface FinishedShard extends WrittenFile {
  readonly reports: readonly MergeItemReport[];
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

function line(content: object): string {
  const text = JSON.stringify(content);
  return `${digestOf(text)} ${text}\n`;
}

const lineOf = ({ name, bytes, sha256, reports }: FinishedShard): string =>
  line({ name, bytes, sha256, reports: reports.map(packReport) });

/** Replaces the journal as a whole, so that a crash leaves the old or the new one. */
export async function writeJournal(
  folder: string,
  run: RunIdentity,
  shards: readonly FinishedShard[],
): Promise<void> {
  const temporary = `${JOURNAL}.new`;
  await writeSmallFile(folder, temporary, [line({ version: VERSION, run }), ...shards.map(lineOf)].join(''));
  await rename(join(folder, temporary), join(folder, JOURNAL));
}

/** Adds a shard durably. */
export async function addToJournal(folder: string, shard: FinishedShard): Promise<void> {
  const handle = await open(join(folder, JOURNAL), 'a');
  try {
    await appendFile(handle, lineOf(shard));
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** What a journal says. */
export interface Journal {
  /** What the run was writing. */
  readonly run: RunIdentity;
  readonly shards: readonly FinishedShard[];
}

/** The journal of a folder; undefined if there is none, its first line is damaged, or it is from another version. */
export async function readJournal(folder: string): Promise<Journal | undefined> {
  const [head, ...lines] = await linesOf(join(folder, JOURNAL));
  const { data } = headSchema.safeParse(parsed(head ?? ''));
  if (!data) return undefined;
  return { run: data.run, shards: lines.flatMap(text => entrySchema.safeParse(parsed(text)).data ?? []) };
}

async function linesOf(file: string): Promise<string[]> {
  try {
    const info = await stat(file);
    if (!info.isFile() || info.size > MAX_JOURNAL_BYTES) return [];
    return (await readFile(file, 'utf8')).split('\n').filter(text => text !== '');
  } catch {
    return []; // no valid journal: the shards are then written again
  }
}

/** What a line holds; undefined if it is damaged. */
function parsed(text: string): unknown {
  const content = text.slice(65);
  if (text.slice(0, 64) !== digestOf(content)) return undefined;
  try {
    return JSON.parse(content);
  } catch {
    return undefined; // not ours
  }
}

export interface Recovery {
  /** Complete shards by name. */
  readonly intact: ReadonlyMap<string, FinishedShard>;
  /** Names of existing shards that differ from the journal. */
  readonly damaged: readonly string[];
  /** Names of existing shards that are not in the journal. */
  readonly unknown: readonly string[];
}

/** Reads every shard that the journal lists and compares it with what was written. */
export async function recoverShards(
  folder: string,
  shards: readonly Shard[],
  signal: AbortSignal | undefined,
): Promise<Recovery> {
  const intact = new Map<string, FinishedShard>();
  const [damaged, unknown]: [string[], string[]] = [[], []];
  const listed = new Map((await readJournal(folder))?.shards.map(entry => [entry.name, entry]));
  for (const shard of shards) {
    const entry = listed.get(shard.name);
    if (entry && isOf(entry, shard) && (await isIntact(folder, entry, signal))) intact.set(entry.name, entry);
    else if (entry) damaged.push(shard.name);
    else if (await exists(join(folder, shard.name))) unknown.push(shard.name);
  }
  return { intact, damaged, unknown };
}

const isOf = (entry: FinishedShard, shard: Shard): boolean =>
  entry.bytes === shard.bytes && entry.reports.length === shard.tensors.length;

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
