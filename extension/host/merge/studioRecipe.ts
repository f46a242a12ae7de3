/** From what was chosen on the Studio's page to a recipe. No `vscode` here: tests run it as it is. */
import { dirname, isAbsolute, join } from 'node:path';
import * as z from 'zod';
import type { StudioMergeChoices } from '../../protocol/merge.ts';
import type { MergeMethodInfo, MergeRecipe, NamedPath } from '../../protocol/recipes.ts';
import type { StudioSelection } from '../../protocol/studio.ts';
import { nearest } from '../../shared/nearest.ts';
import { commonFolder } from '../paths.ts';
import { mergeRecipe } from './recipe.ts';

const name = z.string().min(1).max(1000);
const scalar = z.union([z.number(), z.array(z.number()).max(1000), z.boolean(), z.string().max(100)]);
const values = z.record(name, scalar).refine(record => Object.keys(record).length <= 100);

const choices = z.object({
  method: z.string().max(100),
  tasks: z.array(name).max(1000),
  parameters: values,
  taskParameters: z.record(name, values).refine(record => Object.keys(record).length <= 1000),
  onMismatch: z.enum(['error', 'base', 'first', 'skip']),
  compare: z.boolean(),
  output: z.string().max(4096).refine(isAbsolute).optional(),
});

/** Checks what came from a page: it is less trusted than the host. Throws naming the field that is wrong. */
export function checkChoices(value: unknown): StudioMergeChoices {
  const { success, data, error } = choices.safeParse(value);
  if (success) return { ...data, output: data.output };
  throw new Error(`The choices' "${error.issues[0]?.path.join('.') ?? ''}" is not valid.`);
}

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

/** @throws naming a task that the selection has not */
export function studioRecipe(
  selection: StudioSelection,
  asked: StudioMergeChoices,
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
    output,
    overwrite: false,
    compare: asked.compare && tasks.every(task => hasCheckpoint(selection, task)) ? tasks : [],
  });
}

/** A task may have the name of something that every object has. */
const ownOf = (record: StudioMergeChoices['taskParameters'], task: string) =>
  Object.hasOwn(record, task) ? (record[task] ?? {}) : {};

/** Beside what is merged, named after the method; the first of "merged-ties", "merged-ties-2", … that is free. */
export async function freeFolder(
  { tasks, source }: StudioSelection,
  method: string,
  isTaken: (path: string) => boolean | Promise<boolean>,
): Promise<string> {
  const folder = source === undefined ? commonFolder(tasks.map(({ path }) => path)) : dirname(source);
  const stem = join(folder, `merged-${method.replaceAll('_', '-')}`);
  let path = stem;
  for (let number = 2; await isTaken(path); number++) path = `${stem}-${number}`;
  return path;
}
