/** What is known about a quantization before the user is asked: from the clicked files, or nothing. */
import { basename, dirname } from 'node:path';
import { l10n, Uri } from 'vscode';
import { groupByArchitecture, proposeBase, summarizeCheckpoints } from '../../formats/discover.ts';
import { freeName, taskNameOf } from '../../formats/tvq/taskName.ts';
import type { CheckpointSummary } from '../../protocol/checkpoints.ts';
import type { NamedPath } from '../../protocol/recipes.ts';
import type { QuantizeSettings } from '../../shared/presets.ts';
import type { CheckpointStore } from '../checkpointStore.ts';
import { findWeightFiles } from '../workspaceFiles.ts';
import { chosenKind } from '../chosenPath.ts';
import { describeCheckpoint, displayPath } from '../describe.ts';
import { asKnown, distinctFiles } from '../distinctFiles.ts';
import { commonFolder } from '../commonFolder.ts';
import { isInside } from '../../files/isInside.ts';
import { merge } from '../ui/checkpointPicks.ts';
import { pick } from '../ui/pick.ts';
import type { Output } from '../ui/outputPick.ts';
import { strangersTo, tellLeftOut } from './leftOut.ts';

/** Answers so far; the wizard fills in the rest. */
export interface QuantizeDraft {
  /** Checkpoints to choose from. */
  known: readonly CheckpointSummary[];
  base: CheckpointSummary | undefined;
  tasks: readonly CheckpointSummary[] | undefined;
  choice: QuantizeSettings | undefined;
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
  const own = selected.find(({ adapter }) => adapter === undefined) ?? first;
  const isOther = ({ architecture, adapter }: CheckpointSummary) =>
    own.adapter === undefined && adapter === undefined && architecture !== own.architecture;
  const inWorkspace = checkpoints.filter(one => !isOther(one));
  const known = merge(inWorkspace, selected);
  const base = proposeBase(selected) ?? nearestBase(selected, known);
  const tasks = selected.filter(({ path }) => path !== base?.path);
  // If only the base was clicked, everything fine-tuned from it is offered.
  return { ...blank, known, base, tasks: tasks.length > 0 ? tasks : undefined };
}

/** The base from the smallest folder around the selection that has a clear one, as each family of models has its own. */
function nearestBase(
  selected: readonly CheckpointSummary[],
  known: readonly CheckpointSummary[],
): CheckpointSummary | undefined {
  for (let folder = commonFolder(selected.map(({ path }) => path)); ; folder = dirname(folder)) {
    const base = proposeBase(known.filter(({ path }) => isInside(path, folder)));
    if (base !== undefined || dirname(folder) === folder) return base;
  }
}

/** Checkpoints in, or made of, the given files and folders. */
async function checkpointsAt(
  paths: readonly string[],
  known: readonly CheckpointSummary[],
): Promise<CheckpointSummary[]> {
  const found = new Map<string, CheckpointSummary>();
  const nothingAt: string[] = [];
  const failures: string[] = [];
  for (const path of paths) {
    const inside = known.filter(one => isInside(one.path, path) || one.files.includes(path));
    if (inside.length === 0) {
      // Excluded from the workspace's search, newer than it, or known by another path.
      const weights = await weightsAt(path);
      const fresh = await summarizeCheckpoints(weights, weights[0] === path);
      inside.push(...(await asKnown(fresh.checkpoints, known)));
      const faults = [...fresh.failures, ...fresh.adapters].map(({ message }) => message);
      failures.push(...faults);
      if (inside.length === 0 && faults.length === 0) nothingAt.push(path);
    }
    for (const one of inside) found.set(one.path, one);
  }
  if (found.size === 0) {
    throw new Error(
      failures[0] ?? l10n.t('There is no checkpoint in {0}.', paths.map(displayPath).join(', ')),
    );
  }
  tellLeftOut(strangersTo([...found.values()], nothingAt), failures);
  return [...found.values()];
}

async function weightsAt(path: string): Promise<readonly string[]> {
  const kind = await chosenKind(path);
  if (kind === 'folder') return distinctFiles(await findWeightFiles(Uri.file(path)));
  return kind === 'weights' ? [path] : [];
}

/** One architecture per job: asks which one if a folder has several. Adapters go with any. */
async function chooseGroup(found: readonly CheckpointSummary[]): Promise<CheckpointSummary[] | undefined> {
  const adapters = found.filter(({ adapter }) => adapter !== undefined);
  const models = groupByArchitecture(found.filter(({ adapter }) => adapter === undefined));
  const groups = models.map(group => [...group, ...adapters]);
  if (groups.length < 2) return groups[0] ?? adapters;
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
 * Names for the .tvq file: the checkpoints' own, as far as task names allow, made unique.
 * @param given names already settled, by path
 */
export function taskNames(
  tasks: readonly CheckpointSummary[],
  given: ReadonlyMap<string, string> = new Map(),
): NamedPath[] {
  const taken = new Set(tasks.flatMap(({ path }) => given.get(path) ?? []));
  return tasks.map(({ name, path }) => {
    const settled = given.get(path);
    if (settled !== undefined) return { name: settled, path };
    const own = taskNameOf(name);
    const wanted = taken.has(own) ? taskNameOf(`${basename(dirname(path))}-${name}`) : own;
    return { name: freeName(wanted, taken), path };
  });
}
