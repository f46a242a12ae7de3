/** What can be merged, and with which base model. No `vscode` here, so that tests can run it. */
import { basename, dirname, sep } from 'node:path';
import { groupByArchitecture, proposeBase } from '../../formats/discover.ts';
import { freeName, taskNameOf } from '../../formats/tvq/taskName.ts';
import { mayBeTunedFrom, type CheckpointSummary } from '../../protocol/checkpoints.ts';
import type { MergeInput } from '../../protocol/recipes.ts';
import type { TvqSummary } from '../../protocol/tvq.ts';
import { isInside } from '../../files/isInside.ts';

/** A whole model. */
export interface CheckpointSource {
  readonly path: string;
  readonly task: undefined;
  readonly checkpoint: CheckpointSummary;
}

/** One task of a .tvq file. */
export interface TaskSource {
  /** The .tvq file. */
  readonly path: string;
  readonly task: string;
  readonly file: TvqSummary;
}

export type MergeSource = CheckpointSource | TaskSource;

/** Equal for the same source, however it was found. */
export const sourceId = ({ path, task }: MergeSource): string =>
  task === undefined ? path : `${path}\0${task}`;

export const checkpointSource = (checkpoint: CheckpointSummary): CheckpointSource => ({
  path: checkpoint.path,
  task: undefined,
  checkpoint,
});

/** The tasks of a .tvq file, in its order. */
export const taskSources = (file: TvqSummary): TaskSource[] =>
  file.tasks.map(({ name }) => ({ path: file.file, task: name, file }));

/** Each source once; those in `added` win. */
export function mergeSources(known: readonly MergeSource[], added: readonly MergeSource[]): MergeSource[] {
  return [...new Map([...known, ...added].map(source => [sourceId(source), source])).values()];
}

/** Sources that are one of the files, or are in one of the folders. */
export function sourcesAt(sources: readonly MergeSource[], paths: readonly string[]): MergeSource[] {
  return sources.filter(source =>
    paths.some(
      path =>
        isInside(source.path, path) || (source.task === undefined && source.checkpoint.files.includes(path)),
    ),
  );
}

/**
 * What a click on files and folders selects: in a folder with checkpoints, those rather than their quantized copies; a
 * base model only if there is nothing else.
 */
export function checkedAt(sources: readonly MergeSource[], paths: readonly string[]): MergeSource[] {
  const found = paths.map(path => {
    const inside = sourcesAt(sources, [path]);
    const models = inside.filter(({ task }) => task === undefined);
    return models.length > 0 ? models : inside;
  });
  const all = mergeSources([], found.flat());
  const checkpoints = all.flatMap(source => (source.task === undefined ? [source.checkpoint] : []));
  const bases = groupByArchitecture(checkpoints).map(proposeBase);
  const others = all.filter(({ path }) => !bases.some(base => base?.path === path));
  return others.length > 0 ? others : all;
}

const shortName = (source: MergeSource): string => source.task ?? taskNameOf(source.checkpoint.name);

/** Names for the recipe and its report: short and unique. */
export function inputsOf(sources: readonly MergeSource[]): MergeInput[] {
  const count = new Map<string, number>();
  for (const source of sources) count.set(shortName(source), (count.get(shortName(source)) ?? 0) + 1);
  const taken = new Set<string>();
  return sources.map(source => {
    const short = shortName(source);
    const long = taskNameOf(`${whereabouts(source)}-${short}`);
    const wanted = count.get(short) === 1 && !taken.has(short) ? short : long;
    const name = freeName(wanted, taken);
    return { name, path: source.path, task: source.task };
  });
}

/** The .tvq file's name, or the folder that holds the checkpoint. */
function whereabouts({ path, task }: MergeSource): string {
  return task === undefined ? basename(dirname(path)) : basename(path, '.tvq');
}

/** Whether a model can be the base of all inputs, as far as summaries tell; only the plan knows for certain. */
export function fitsAsBase(base: CheckpointSummary, inputs: readonly MergeSource[]): boolean {
  return inputs.every(source =>
    source.task === undefined
      ? source.path === base.path || mayBeTunedFrom(base, source.checkpoint)
      : source.file.parameters === base.parameters,
  );
}

/**
 * The base model, if the inputs leave no doubt: the one that the .tvq files name, else the one whose name says so. Of
 * several with the right name, the one nearest to the inputs.
 */
export function clearBase(
  inputs: readonly MergeSource[],
  known: readonly CheckpointSummary[],
): CheckpointSummary | undefined {
  const fitting = known.filter(
    checkpoint => checkpoint.adapter === undefined && fitsAsBase(checkpoint, inputs),
  );
  const named = new Set(inputs.flatMap(source => (source.task === undefined ? [] : source.file.base.name)));
  const candidates = named.size > 0 ? fitting.filter(({ name }) => named.has(name)) : fitting;
  if (named.size === 0) return proposeBase(candidates);
  if (named.size > 1 || candidates.length < 2) return named.size > 1 ? undefined : candidates[0];
  return onlyNearest(candidates, inputs);
}

/** The one that shares the longest path from the root with the inputs; undefined if two do. */
function onlyNearest(
  candidates: readonly CheckpointSummary[],
  inputs: readonly MergeSource[],
): CheckpointSummary | undefined {
  const shared = candidates.map(({ path }) =>
    Math.min(...inputs.map(input => sharedSteps(path, input.path))),
  );
  const most = Math.max(...shared);
  const nearest = candidates.filter((_, i) => shared[i] === most);
  return nearest.length === 1 ? nearest[0] : undefined;
}

function sharedSteps(a: string, b: string): number {
  const others = b.split(sep);
  const steps = a.split(sep);
  const parting = steps.findIndex((step, i) => step !== others[i]);
  return parting < 0 ? steps.length : parting;
}
