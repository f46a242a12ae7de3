/** What can be merged, from the workspace and from disk, and which of it was clicked. */
import { l10n, Uri } from 'vscode';
import { summarizeCheckpoints } from '../../formats/discover.ts';
import { openTvq } from '../../formats/tvq/reader.ts';
import { summarizeTvq } from '../../formats/tvq/summary.ts';
import { chosenKind } from '../chosenPath.ts';
import { findTvqFiles, findWeightFiles } from '../workspaceFiles.ts';
import { displayPath } from '../describe.ts';
import { asKnown, distinctFiles } from '../distinctFiles.ts';
import { messageOf } from '../errors.ts';
import { checkpointsOf, type MergeDraft } from '../merge/draft.ts';
import { NO_EDITS } from '../../shared/mergeParameters.ts';
import {
  checkedAt,
  checkpointSource,
  mergeSources,
  sourcesAt,
  taskSources,
  type MergeSource,
} from '../merge/sources.ts';
import type { Services } from '../services.ts';
import { browseFolder } from '../ui/checkpointPicks.ts';
import { notifyWarning } from '../ui/notify.ts';
import { strangersTo, tellLeftOut } from './leftOut.ts';

/** Sources, and what looked like a source but cannot be read. */
interface Found {
  readonly sources: readonly MergeSource[];
  readonly failures: readonly string[];
}

/** Starts from what was clicked, or from nothing. Throws when nothing there can be merged. */
export async function mergeDraftFrom(
  { checkpoints: store, log }: Services,
  paths: readonly string[] | undefined,
): Promise<MergeDraft> {
  const { checkpoints, tvqFiles } = await store.snapshot();
  const tasks = await readTasks(tvqFiles.map(({ path }) => path));
  for (const failure of tasks.failures) log.warn(failure);
  let known: readonly MergeSource[] = [...checkpoints.map(checkpointSource), ...tasks.sources];
  const failures: string[] = [];
  const nothingAt: string[] = [];
  // What is known by another path is referred to by that one.
  const meant: string[] = [];
  for (const path of paths ?? []) {
    meant.push(path);
    if (sourcesAt(known, [path]).length > 0) continue;
    // Excluded from the workspace's search, newer than it, or known by another path.
    const fresh = await readSources(path, known);
    known = mergeSources(known, fresh.sources);
    meant.push(...fresh.sources.map(source => source.path));
    failures.push(...fresh.failures);
    if (fresh.sources.length === 0 && fresh.failures.length === 0) nothingAt.push(path);
  }
  const inputs = paths === undefined ? [] : checkedAt(known, meant);
  if (paths !== undefined && inputs.length === 0) {
    const where = paths.map(displayPath).join(', ');
    throw new Error(failures[0] ?? l10n.t('There is no checkpoint and no .tvq file in {0}.', where));
  }
  if (paths !== undefined) tellLeftOut(strangersTo(checkpointsOf(known), nothingAt), failures);
  return {
    known,
    inputs,
    method: undefined,
    base: undefined,
    edits: NO_EDITS,
    onMismatch: 'error',
    form: 'folder',
    dtype: undefined,
    output: undefined,
  };
}

/** Sources in a folder that the user chooses; empty if cancelled, or if it has none, which is reported. */
export async function browseSources(): Promise<readonly MergeSource[]> {
  const folder = await browseFolder(l10n.t('Choose a folder with checkpoints or .tvq files'));
  if (folder === undefined) return [];
  const { sources, failures } = await readSources(folder.fsPath);
  if (sources.length === 0) {
    const none = l10n.t('There is no checkpoint and no .tvq file in {0}.', folder.fsPath);
    void notifyWarning(failures[0] ?? none);
  }
  return sources;
}

/** Reads the sources in a file, or in a folder. */
async function readSources(path: string, known: readonly MergeSource[] = []): Promise<Found> {
  const [weights, tvqs] = await filesAt(path);
  const isNamed = weights[0] === path;
  const [discovery, tasks] = await Promise.all([summarizeCheckpoints(weights, isNamed), readTasks(tvqs)]);
  const checkpoints = await asKnown(discovery.checkpoints, checkpointsOf(known));
  return {
    sources: [...checkpoints.map(checkpointSource), ...tasks.sources],
    failures: [
      ...[...discovery.failures, ...discovery.adapters].map(({ message }) => message),
      ...tasks.failures,
    ],
  };
}

async function filesAt(path: string): Promise<[weights: readonly string[], tvqs: readonly string[]]> {
  switch (await chosenKind(path)) {
    case 'folder': {
      const [weights, tvqs] = await Promise.all([
        findWeightFiles(Uri.file(path)),
        findTvqFiles(Uri.file(path)),
      ]);
      return [await distinctFiles(weights), await distinctFiles(tvqs)];
    }
    case 'weights':
      return [[path], []];
    case 'tvq':
      return [[], [path]];
    case 'other':
      return [[], []];
  }
}

/** Reads only headers. Whole quantized models (FQ) are merged like task vectors. */
async function readTasks(paths: readonly string[]): Promise<Found> {
  const failures: string[] = [];
  const files = await Promise.all(
    paths.map(async path => {
      try {
        return taskSources(summarizeTvq(await openTvq(path)));
      } catch (error) {
        failures.push(messageOf(error));
        return [];
      }
    }),
  );
  return { sources: files.flat(), failures };
}
