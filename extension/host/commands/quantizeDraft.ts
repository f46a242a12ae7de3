/** What is known of a quantization before the user is asked: from the clicked files, or nothing. */
import { basename, dirname, sep } from 'node:path';
import { l10n, Uri } from 'vscode';
import { groupByArchitecture, proposeBase, summarizeCheckpoints } from '../../engine/checkpoint/discover.ts';
import { isWeightName } from '../../engine/checkpoint/weightNames.ts';
import type { CheckpointSummary, NamedPath } from '../../protocol.ts';
import type { CheckpointStore } from '../checkpointStore.ts';
import { findWeightFiles } from '../workspaceFiles.ts';
import { describeCheckpoint, displayPath, type SchemeChoice } from '../describe.ts';
import { merge } from '../ui/checkpointPicks.ts';
import { pick } from '../ui/pick.ts';
import type { Output } from '../ui/outputPick.ts';

/** Answers so far; the wizard fills in the rest. */
export interface QuantizeDraft {
  /** Checkpoints on offer. */
  known: readonly CheckpointSummary[];
  base: CheckpointSummary | undefined;
  tasks: readonly CheckpointSummary[] | undefined;
  choice: SchemeChoice | undefined;
  output: Output | undefined;
}

/** Starts from what was clicked; undefined when the user backed out. Throws when nothing there is a checkpoint. */
export async function draftFrom(
  store: CheckpointStore,
  paths: readonly string[] | undefined,
): Promise<QuantizeDraft | undefined> {
  const { checkpoints } = await store.snapshot();
  const blank = { base: undefined, tasks: undefined, choice: undefined, output: undefined };
  if (paths === undefined) return { ...blank, known: checkpoints };
  const selected = await chooseGroup(await checkpointsAt(paths, checkpoints));
  const [first] = selected ?? [];
  if (selected === undefined || first === undefined) return undefined;
  const inWorkspace = checkpoints.filter(({ architecture }) => architecture === first.architecture);
  const known = merge(inWorkspace, selected);
  const base = proposeBase(selected) ?? proposeBase(known);
  const tasks = selected.filter(({ path }) => path !== base?.path);
  // Only the base was clicked: everything fine-tuned from it is on offer.
  return { ...blank, known, base, tasks: tasks.length > 0 ? tasks : undefined };
}

/** Checkpoints in, or made of, the given files and folders. */
async function checkpointsAt(
  paths: readonly string[],
  known: readonly CheckpointSummary[],
): Promise<CheckpointSummary[]> {
  const found = new Map<string, CheckpointSummary>();
  const failures: string[] = [];
  for (const path of paths) {
    const inside = known.filter(
      one => one.path === path || one.path.startsWith(path + sep) || one.files.includes(path),
    );
    if (inside.length === 0) {
      // Excluded from the workspace's search, or newer than it.
      const isFile = isWeightName(basename(path));
      const fresh = await summarizeCheckpoints(
        isFile ? [path] : await findWeightFiles(Uri.file(path)),
        isFile,
      );
      inside.push(...fresh.checkpoints);
      failures.push(...[...fresh.failures, ...fresh.adapters].map(({ message }) => message));
    }
    for (const one of inside) found.set(one.path, one);
  }
  if (found.size === 0) {
    throw new Error(
      failures[0] ?? l10n.t('There is no .safetensors checkpoint in {0}.', paths.map(displayPath).join(', ')),
    );
  }
  return [...found.values()];
}

/** One architecture a job: asks which when a folder has several. */
async function chooseGroup(found: readonly CheckpointSummary[]): Promise<CheckpointSummary[] | undefined> {
  const groups = groupByArchitecture(found);
  if (groups.length < 2) return groups[0];
  const items = groups.flatMap(group => {
    const [first] = group;
    if (first === undefined) return [];
    const label = first.model ?? basename(dirname(first.path));
    const names = group.map(({ name }) => name).join(', ');
    return [{ label, description: describeCheckpoint(first), detail: names, group }];
  });
  const answer = await pick({
    at: { title: l10n.t('Quantize Task Vectors'), step: 1, totalSteps: 1, canGoBack: false },
    placeholder: l10n.t('Checkpoints of different architectures: choose one group'),
    items,
  });
  return typeof answer === 'string' ? undefined : answer[0]?.group;
}

/**
 * Names for the .tvq file: the checkpoints' own, made different where two are called the same.
 * @param given names that are settled, by path
 */
export function taskNames(
  tasks: readonly CheckpointSummary[],
  given: ReadonlyMap<string, string> = new Map(),
): NamedPath[] {
  const taken = new Set(tasks.flatMap(({ path }) => given.get(path) ?? []));
  return tasks.map(({ name, path }) => {
    const settled = given.get(path);
    if (settled !== undefined) return { name: settled, path };
    const candidates = [name, `${basename(dirname(path))}-${name}`];
    let free = candidates.find(candidate => !taken.has(candidate));
    for (let number = 2; free === undefined; number++) {
      if (!taken.has(`${name}-${number}`)) free = `${name}-${number}`;
    }
    taken.add(free);
    return { name: free, path };
  });
}
