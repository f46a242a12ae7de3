/** Which checkpoints a workspace holds, from headers alone. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { CheckpointSummary } from '../../protocol.ts';
import { openWeights, ownsItsFolder, weightsOf, type Checkpoint } from './checkpoint.ts';
import { groupBy } from '../../shared/groupBy.ts';
import { bareName } from '../match/alignNames.ts';
import { isBuffer } from '../match/buffers.ts';
import { isHead } from '../match/tiedHead.ts';
import { elementCount } from './dtype.ts';
import { INDEX_SUFFIX } from './hfIndex.ts';

export interface Discovery {
  /** Sorted by path. */
  readonly checkpoints: CheckpointSummary[];
  /** Files that look like checkpoints but cannot be read, with the reason. */
  readonly failures: { readonly path: string; readonly message: string }[];
}

/** Headers read at once: enough to keep a network disk busy, few enough to leave file handles for others. */
const CONCURRENCY = 16;

/** Summaries kept: more checkpoints than a workspace has, a few MB at most. */
const MAX_CACHED = 10_000;

/** Summaries by weight file, valid while its size and time stay the same; a rescan then opens nothing. */
const cache = new Map<string, { stamp: string; summary: CheckpointSummary }>();

/**
 * Groups weight files into checkpoints.
 * @param weightFiles absolute paths of `*.safetensors` and `*.safetensors.index.json` files
 */
export async function summarizeCheckpoints(weightFiles: readonly string[]): Promise<Discovery> {
  const discovery: Discovery = { checkpoints: [], failures: [] };
  const entries = await entryFiles(weightFiles);
  const queue = entries.values();
  const worker = async () => {
    for (const file of queue) {
      try {
        discovery.checkpoints.push(await summarize(file));
      } catch (error) {
        discovery.failures.push({ path: file, message: (error as Error).message });
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  for (const oldest of [...cache.keys()].slice(0, Math.max(0, cache.size - MAX_CACHED))) cache.delete(oldest);
  const byPath = (a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : 1);
  discovery.checkpoints.sort(byPath);
  discovery.failures.sort(byPath);
  return discovery;
}

/** One file a checkpoint: the index for sharded folders, every lone file for itself; adapters are left out. */
async function entryFiles(files: readonly string[]): Promise<string[]> {
  const entries: string[] = [];
  for (const [folder, names] of groupBy(files, dirname)) {
    if (names.some(file => basename(file) === 'adapter_model.safetensors')) continue;
    const owner = names.find(ownsItsFolder) && (await weightsOf(folder).catch(() => undefined));
    if (owner) {
      entries.push(owner);
      continue;
    }
    const indexes = names.filter(file => file.endsWith(INDEX_SUFFIX));
    const isShard = (file: string) => indexes.length > 0 && /-\d{5,6}-of-\d{5,6}\.safetensors$/.test(file);
    entries.push(...indexes, ...names.filter(file => !indexes.includes(file) && !isShard(file)));
  }
  return entries;
}

async function summarize(file: string): Promise<CheckpointSummary> {
  const { size, mtimeMs } = await stat(file);
  const stamp = `${size}:${mtimeMs}`;
  const known = cache.get(file);
  if (known?.stamp === stamp) return known.summary;
  const checkpoint = await openWeights(file);
  const summary = await describeCheckpoint(checkpoint);
  cache.set(file, { stamp, summary });
  return summary;
}

/** What the tree, the pickers and `tvq inspect` show of a checkpoint. */
export async function describeCheckpoint(checkpoint: Checkpoint): Promise<CheckpointSummary> {
  const counts = new Map<string, number>();
  for (const { dtype, shape } of checkpoint.tensors.values()) {
    counts.set(dtype, (counts.get(dtype) ?? 0) + elementCount(shape));
  }
  const dtypes = [...counts].map(([dtype, parameters]) => ({ dtype, parameters }));
  return {
    kind: 'checkpoint',
    name: checkpoint.name,
    path: checkpoint.path,
    files: checkpoint.files,
    bytes: checkpoint.bytes,
    parameters: dtypes.reduce((sum, { parameters }) => sum + parameters, 0),
    dtypes: dtypes.sort((a, b) => b.parameters - a.parameters),
    tensors: checkpoint.tensors.size,
    architecture: architectureOf(checkpoint.tensors.values()),
    model: await modelType(checkpoint),
  };
}

/**
 * Equal for models that can be combined: the same tensors by name and shape, in whatever order, but for what wrappers and
 * containers put in front of names, buffers, and heads, which some have and others store as their embedding.
 */
export function architectureOf(
  tensors: Iterable<{ readonly name: string; readonly shape: readonly number[] }>,
): string {
  const hash = createHash('sha256');
  const telling = [...tensors].filter(({ name, shape }) => !isBuffer(name, shape) && !isHead(name));
  const lines = telling.map(({ name, shape }) => `${bareName(name)}\0${shape.join(',')}\n`);
  for (const line of lines.sort()) hash.update(line);
  return hash.digest('hex').slice(0, 16);
}

async function modelType(checkpoint: Checkpoint): Promise<string | undefined> {
  const folder = dirname(checkpoint.files[0] as string);
  try {
    const config = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')) as {
      architectures?: unknown[];
      model_type?: unknown;
    };
    const name = config.architectures?.[0] ?? config.model_type;
    return typeof name === 'string' ? name : undefined;
  } catch {
    return undefined; // a lone file has no config, and a broken one does not make the weights unusable
  }
}

/** Checkpoints with the same tensor names and shapes, largest group first. */
export function groupByArchitecture(checkpoints: readonly CheckpointSummary[]): CheckpointSummary[][] {
  return [...groupBy(checkpoints, ({ architecture }) => architecture).values()].sort(
    (a, b) => b.length - a.length,
  );
}

/** Names people give to the model that others were fine-tuned from, best first. */
const BASE_NAMES = [
  /^(base|pretrained|pre-trained|zeroshot|zero-shot)$/i,
  /(^|[-_.])(base|pretrained|zeroshot)([-_.]|$)/i,
];

/** The base model among checkpoints of one architecture, when names leave no doubt. */
export function proposeBase(checkpoints: readonly CheckpointSummary[]): CheckpointSummary | undefined {
  for (const pattern of BASE_NAMES) {
    const named = checkpoints.filter(({ name }) => pattern.test(name));
    if (named.length > 0) return named.length === 1 ? named[0] : undefined;
  }
  return undefined;
}
