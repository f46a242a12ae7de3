/** The small files of the fine-tuned checkpoints that go into a .tvq file, so that restored models get their own. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { Xxh64 } from '../../../kernels/checksum.ts';
import type { QuantizeRecipe } from '../../protocol/recipes.ts';
import type { Problem } from '../../protocol/results.ts';
import type { Checkpoint } from '../../formats/checkpoint.ts';
import { PLAIN } from '../../formats/safetensors/weightsMetadata.ts';
import { formatBytes } from '../../shared/format.ts';
import { warning } from '../../shared/problems.ts';
import { loadKernels } from '../kernels.ts';
import { readCompanion } from '../../formats/huggingface/companionPlace.ts';
import { companionsOf, MAX_COMPANION_BYTES } from '../../formats/huggingface/companions.ts';
import { digestOf, METADATA_FILE } from '../../formats/tvq/files.ts';
import { NO_FILES, type PlannedFiles } from '../../formats/tvq/header.ts';
import { MAX_FILE_BYTES } from '../../formats/tvq/metadata.ts';
import type { Checkpoints } from './checks.ts';

/** Compressed bytes a task: the largest tokenizers take 8 MB, and a task's weights in 3 bits rarely less than this. */
export const MAX_STORED_BYTES = 16 << 20;

/** A file of a checkpoint that is read when its content is needed. */
interface Found {
  readonly name: string;
  readonly bytes: number;
  readonly digest: string;
  readonly read: () => Promise<Uint8Array>;
}

interface Deflated {
  readonly bytes: Uint8Array;
  readonly checksum: string;
}

/**
 * Config, tokenizer and the like of every task, and the metadata of its weight file. Files equal to the base's are only
 * named (not in an fq file, which is restored without it), and files that several tasks share are stored once.
 */
export async function planFiles(
  recipe: QuantizeRecipe,
  { base, tasks }: Checkpoints,
): Promise<{ readonly files: PlannedFiles; readonly problems: readonly Problem[] }> {
  if (recipe.files === false) return { files: NO_FILES, problems: [] };
  const problems: Problem[] = [];
  const ofBase = recipe.scheme === 'fq' ? [] : (await filesOf(base)).found;
  const baseDigests = new Map(ofBase.map(({ name, digest }) => [name, digest]));
  const stored: Deflated[] = [];
  const numberOf = new Map<string, number>();
  const table: PlannedFiles['listed']['table'] = [];
  const rowOf = new Map<string, number>();
  const row = (entry: (typeof table)[number]): number => {
    const key = JSON.stringify(entry);
    const known = rowOf.get(key) ?? table.push(entry) - 1;
    rowOf.set(key, known);
    return known;
  };
  const listed: PlannedFiles['listed']['tasks'] = [];
  for (const [t, checkpoint] of tasks.entries()) {
    const { name: task } = recipe.tasks[t] as QuantizeRecipe['tasks'][number];
    const { found, warnings } = await filesOf(checkpoint);
    problems.push(...warnings.map(warning));
    const own = found.filter(({ name, digest }) => baseDigests.get(name) !== digest);
    const deflated = await Promise.all(own.map(async file => ({ file, ...(await deflatedOf(file)) })));
    const tooLarge = new Set<Found>();
    let room = MAX_STORED_BYTES;
    for (const { file, ...content } of deflated.sort((a, b) => a.bytes.length - b.bytes.length)) {
      room -= content.bytes.length;
      if (room < 0) tooLarge.add(file);
      else if (!numberOf.has(file.digest)) numberOf.set(file.digest, stored.push(content) - 1);
    }
    for (const file of tooLarge) problems.push(leftOut(checkpoint, task, file));
    const rows = found.map(file => {
      const { name, bytes, digest } = file;
      const place = own.includes(file) ? (numberOf.get(digest) ?? 'none') : 'base';
      return row([name, bytes, digest, place]);
    });
    if (rows.length > 0) listed.push([task, rows]);
  }
  return { files: { stored, listed: { table, tasks: listed } }, problems };
}

const leftOut = (checkpoint: Checkpoint, task: string, { name, bytes }: Found): Problem =>
  warning(
    `${join(checkpoint.path, name)}: ${formatBytes(bytes)}, not stored: the files of a task take at most ` +
      `${formatBytes(MAX_STORED_BYTES)} compressed; copy it beside the model when "${task}" is restored`,
  );

/** A checkpoint's companions, if it is a folder, and its metadata, if that says more than the usual. */
async function filesOf(checkpoint: Checkpoint): Promise<{ found: Found[]; warnings: readonly string[] }> {
  const found: Found[] = [];
  const { folder, metadata } = checkpoint;
  const text = Buffer.from(JSON.stringify(metadata));
  if (
    JSON.stringify(metadata) !== JSON.stringify(PLAIN) &&
    text.length > 2 &&
    text.length <= MAX_FILE_BYTES
  ) {
    const read = () => Promise.resolve(text);
    found.push({ name: METADATA_FILE, bytes: text.length, digest: digestOf(text), read });
  }
  if (folder === undefined) return { found, warnings: [] };
  const { names, warnings } = await companionsOf(folder);
  for (const name of names) {
    const read = () => readCompanion(folder, name, MAX_COMPANION_BYTES);
    const { bytes, digest } = await identityOf(join(folder, name), read);
    found.push({ name, bytes, digest, read });
  }
  return { found, warnings };
}

/** Identities kept: plans are remade with every change of a setting, and tokenizers have tens of MB. */
const MAX_KNOWN = 10_000;
const identities = new Map<string, { stamp: string; bytes: number; digest: string }>();

async function identityOf(
  file: string,
  read: () => Promise<Uint8Array>,
): Promise<{ readonly bytes: number; readonly digest: string }> {
  const { size, ino, mtimeNs } = await stat(file, { bigint: true });
  const stamp = `${size}:${ino}:${mtimeNs}`;
  const known = identities.get(file);
  if (known?.stamp === stamp) return known;
  const content = await read();
  const identity = { stamp, bytes: content.length, digest: digestOf(content) };
  identities.set(file, identity);
  for (const oldest of [...identities.keys()].slice(0, Math.max(0, identities.size - MAX_KNOWN)))
    identities.delete(oldest);
  return identity;
}

/** Compressed files kept for the next plan, the most recently used longest. */
const MAX_KEPT_BYTES = 64 << 20;
const kept = new Map<string, Deflated>();

async function deflatedOf({ digest, read }: Found): Promise<Deflated> {
  const known = kept.get(digest);
  const content = known ?? (await deflateFile(await read()));
  kept.delete(digest);
  kept.set(digest, content);
  let bytes = [...kept.values()].reduce((sum, one) => sum + one.bytes.length, 0);
  for (const [oldest, one] of kept) {
    if (bytes <= MAX_KEPT_BYTES) break;
    kept.delete(oldest);
    bytes -= one.bytes.length;
  }
  return content;
}

async function deflateFile(content: Uint8Array): Promise<Deflated> {
  const bytes = await promisify(deflate)(content);
  const hash = new Xxh64(await loadKernels());
  hash.update(bytes);
  return { bytes, checksum: hash.digest() };
}
