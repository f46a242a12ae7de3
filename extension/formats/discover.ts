/** Which checkpoints a workspace holds, from headers alone. */
import { createHash } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { ADAPTERS, type CheckpointSummary } from '../protocol/checkpoints.ts';
import { recover } from '../files/aside.ts';
import { describeAdapter, openSet, type Checkpoint } from './checkpoint.ts';
import { describeSystemError } from '../shared/errors.ts';
import { asideOf, hiddenKind } from '../files/hiddenNames.ts';
import { groupBy } from '../shared/groupBy.ts';
import { inParallel } from '../shared/parallel.ts';
import { bareName } from './names/alignNames.ts';
import { isBuffer } from './names/buffers.ts';
import { isHead } from './names/tiedHead.ts';
import { elementCount } from './dtype.ts';
import { NotWeights } from './notWeights.ts';
import { readConfig } from './huggingface/configFile.ts';
import { isStandardStem } from './huggingface/weightNames.ts';
import { stampOfSet } from './huggingface/modelStamp.ts';
import {
  HeaderAllowance,
  MAX_SCAN_BYTES,
  MAX_SCANNED_BYTES,
  ScanAllowance,
  ScanEnded,
  type Allowance,
} from './safetensors/headerRoom.ts';
import {
  mainSet,
  ownsFolder,
  readWeightFolder,
  setsWith,
  type WeightFolder,
  type WeightSet,
} from './huggingface/weightFolder.ts';

export interface Discovery {
  /** Sorted by path. */
  readonly checkpoints: CheckpointSummary[];
  /** Files that look like checkpoints but cannot be read, with the reason. */
  readonly failures: { readonly path: string; readonly message: string }[];
  /** Adapters that no base can be changed by, with what they are and a remedy. */
  readonly adapters: { readonly path: string; readonly message: string }[];
  /** Where it stopped before the end, one line each. */
  readonly stops: string[];
}

/** Folders listed at once: enough to keep a network disk busy, few enough to leave file handles for others. */
const FOLDERS_AT_ONCE = 16;
/** Models read at once: the tensors of each are in memory until they are counted. */
const MODELS_AT_ONCE = 4;

/** Files besides the weights that a summary depends on; an adapter's config identifies it. */
const CONFIGS = ['config.json', 'adapter_config.json'];

/** Summaries kept: more checkpoints than a workspace has, a few MB at most. */
const MAX_CACHED = 10_000;

/** Summaries by weight file, valid while their sources do not change; a rescan then opens nothing. */
const cache = new Map<string, { stamp: string; summary: CheckpointSummary | string }>();

/**
 * Groups weight files into checkpoints; one file of a checkpoint is enough.
 * @param weightFiles absolute paths of weight files and indexes
 * @param named whether the user chose these files; less is read of others
 * @param most bytes of headers to read of those others, over all models
 */
export async function summarizeCheckpoints(
  weightFiles: readonly string[],
  named = false,
  most = MAX_SCAN_BYTES,
): Promise<Discovery> {
  const found: Discovery = { checkpoints: [], failures: [], adapters: [], stops: [] };
  const scan = new ScanAllowance(most);
  const left: string[] = [];
  const failed = (path: string, error: unknown) =>
    void found.failures.push({ path, message: (error as Error).message });
  const wanted: { readonly folder: WeightFolder; readonly set: WeightSet }[] = [];
  await inParallel(groupBy(weightFiles, dirname), FOLDERS_AT_ONCE, async ([path, files]) => {
    try {
      const replaced = asideOf(path);
      if (replaced !== undefined) await recover(replaced); // the next scan finds it
      if (hiddenKind(path)) return;
      const names = new Set(files.map(file => basename(file)));
      const folder = await readWeightFolder(
        path,
        named ? { named: names } : { maxIndexBytes: MAX_SCANNED_BYTES },
      );
      const sets = await wantedSets(folder, names);
      wanted.push(...sets.map(set => ({ folder, set })));
    } catch (error) {
      for (const file of files) failed(file, describeSystemError(error, file));
    }
  });
  await inParallel(wanted, MODELS_AT_ONCE, async ({ folder, set }) => {
    const file = join(folder.path, set.entry);
    try {
      const summary = await summarize(folder, set, named ? new HeaderAllowance() : scan.model());
      if (typeof summary === 'string') found.adapters.push({ path: file, message: `${file}: ${summary}` });
      else found.checkpoints.push(summary);
    } catch (error) {
      if (error instanceof ScanEnded) left.push(file);
      else if (error instanceof NotWeights && !named && !isStandardStem(set.stem)) return;
      else failed(file, describeSystemError(error, file));
    }
  });
  if (left.length > 0)
    found.stops.push(
      `${left.sort()[0]}${left.length > 1 ? ` and ${left.length - 1} more` : ''}: not searched yet, ` +
        `${most} bytes of headers were read before; refresh to continue`,
    );
  for (const oldest of [...cache.keys()].slice(0, Math.max(0, cache.size - MAX_CACHED))) cache.delete(oldest);
  for (const list of [found.checkpoints, found.failures, found.adapters])
    list.sort((a, b) => (a.path < b.path ? -1 : 1));
  return found;
}

/** A folder that is a model counts as that model only, whatever else is in it. */
async function wantedSets(folder: WeightFolder, names: ReadonlySet<string>): Promise<readonly WeightSet[]> {
  const main = await mainSet(folder).catch(() => undefined);
  return main && (await ownsFolder(folder, main.set)) ? [main.set] : setsWith(folder, names);
}

/** @returns of an adapter that cannot be applied, what it is and a remedy */
async function summarize(
  folder: WeightFolder,
  set: WeightSet,
  allowance: Allowance,
): Promise<CheckpointSummary | string> {
  const stamp = await stampOfSet(folder, set, CONFIGS);
  const file = join(folder.path, set.entry);
  const known = cache.get(file);
  if (known?.stamp === stamp) return known.summary;
  const checkpoint = await openSet(folder, set, undefined, allowance);
  const { adapter } = checkpoint;
  const useless = adapter && !adapter.applicable;
  const summary = useless ? describeAdapter(adapter) : await describeCheckpoint(checkpoint);
  cache.set(file, { stamp, summary });
  return summary;
}

/** What the tree, the pickers and `tvq inspect` show about a checkpoint. */
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
    format: checkpoint.format,
    bytes: checkpoint.bytes,
    parameters: dtypes.reduce((sum, { parameters }) => sum + parameters, 0),
    dtypes: dtypes.sort((a, b) => b.parameters - a.parameters),
    tensors: checkpoint.tensors.size,
    architecture: checkpoint.adapter ? ADAPTERS : architectureOf(checkpoint.tensors.values()),
    model: await modelType(checkpoint),
    notes: checkpoint.notes,
    adapter: checkpoint.adapter?.what,
  };
}

/**
 * Equal for models that can be combined: the same tensors by name and shape, in any order, ignoring prefixes of
 * wrappers and containers, buffers, and heads, which some models store and others share with the embedding.
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

/** A standalone file has no config, and a broken config does not make the weights unusable. */
async function modelType(checkpoint: Checkpoint): Promise<string | undefined> {
  const config = await readConfig(join(dirname(checkpoint.files[0] as string), 'config.json'));
  const { architectures, model_type: type } = config ?? {};
  const name: unknown = Array.isArray(architectures) && architectures.length > 0 ? architectures[0] : type;
  return typeof name === 'string' ? name : undefined;
}

/** Checkpoints with the same tensor names and shapes, largest group first. */
export function groupByArchitecture(checkpoints: readonly CheckpointSummary[]): CheckpointSummary[][] {
  return [...groupBy(checkpoints, ({ architecture }) => architecture).values()].sort(
    (a, b) => b.length - a.length,
  );
}

/** Names that people give to base models, best first. */
const BASE_NAMES = [
  /^(base|pretrained|pre-trained|zeroshot|zero-shot)$/i,
  /(^|[-_.])(base|pretrained|zeroshot)([-_.]|$)/i,
];

/** The base model among checkpoints of one architecture, if names leave no doubt. */
export function proposeBase(checkpoints: readonly CheckpointSummary[]): CheckpointSummary | undefined {
  const models = checkpoints.filter(({ adapter }) => adapter === undefined);
  for (const pattern of BASE_NAMES) {
    const named = models.filter(({ name }) => pattern.test(name));
    if (named.length > 0) return named.length === 1 ? named[0] : undefined;
  }
  return undefined;
}
