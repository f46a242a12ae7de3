/** Makes a recipe from the choices on the Studio's page. No `vscode` here, so that tests can run it. */
import { dirname, join } from 'node:path';
import { freeName } from '../../files/otherNames.ts';
import type { StudioMergeRecipe } from '../../protocol/merge.ts';
import type { MergeMethodInfo, MergeRecipe, NamedPath } from '../../protocol/recipes.ts';
import type { StudioSelection } from '../../protocol/studio.ts';
import { nearest } from '../../shared/nearest.ts';
import { commonFolder } from '../commonFolder.ts';
import { mergeRecipe } from './recipe.ts';

/** @throws naming the nearest method */
export function methodOf(methods: readonly MergeMethodInfo[], wanted: string): MergeMethodInfo {
  const method = methods.find(known => known.name === wanted);
  if (method !== undefined) return method;
  const meant = nearest(
    wanted,
    methods.map(known => known.name),
  );
  throw new Error(
    `There is no merge method "${wanted}".${meant === undefined ? '' : ` Did you mean ${meant}?`}`,
  );
}

/** Whether a task's checkpoint is known, so that a merge can be compared with the same one in full precision. */
export const hasCheckpoint = ({ source }: StudioSelection, { path }: NamedPath): boolean =>
  source !== undefined && path !== source;

/** @throws naming a task that the selection does not have */
export function studioRecipe(
  selection: StudioSelection,
  asked: StudioMergeRecipe,
  method: MergeMethodInfo,
  output: string,
): MergeRecipe {
  const { base, source } = selection;
  const stranger = asked.tasks.find(task => !selection.tasks.some(known => known.name === task));
  if (stranger !== undefined) throw new Error(`There is no task "${stranger}" in the selection.`);
  const tasks = selection.tasks.filter(task => asked.tasks.includes(task.name));
  return mergeRecipe({
    base: method.base === 'unused' && source === undefined ? undefined : base.path,
    inputs: tasks.map(task =>
      source === undefined
        ? { ...task, task: undefined }
        : { name: task.name, path: source, task: task.name },
    ),
    method: method.name,
    parameters: asked.parameters,
    inputParameters: tasks.map(task => ownOf(asked.taskParameters, task.name)),
    onMismatch: asked.onMismatch,
    dtype: asked.dtype,
    output,
    overwrite: false,
    compare: asked.compare && tasks.every(task => hasCheckpoint(selection, task)) ? tasks : [],
  });
}

/** A task may have the name of an inherited property. */
const ownOf = (record: StudioMergeRecipe['taskParameters'], task: string) =>
  Object.hasOwn(record, task) ? (record[task] ?? {}) : {};

/** A folder beside the inputs, named after the method; the first of "merged-ties", "merged-ties-2", … that is free. */
export async function freeFolder(
  { tasks, source }: StudioSelection,
  method: string,
  isTaken: (path: string) => boolean | Promise<boolean>,
): Promise<string> {
  const folder = source === undefined ? commonFolder(tasks.map(({ path }) => path)) : dirname(source);
  const stem = join(folder, `merged-${method.replaceAll('_', '-')}`);
  return (await isTaken(stem)) ? freeName(stem, isTaken) : stem;
}
