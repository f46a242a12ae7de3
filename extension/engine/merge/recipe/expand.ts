import type { MergeInput, MergeRecipe, ParameterValue } from '../../../protocol/recipes.ts';
import { UserError } from '../../../shared/errors.ts';
import { parseMergeRecipe } from '../../../protocol/recipeSchemas.ts';
import { freeName } from '../../../formats/tvq/taskName.ts';
import { openTvq } from '../../../formats/tvq/reader.ts';
import { allTaskNames } from '../../../formats/tvq/task.ts';
import { isTvq } from '../../../formats/tvq/names.ts';

/** Whether an input stands for all tasks of a .tvq file. */
export const isWholeFile = ({ path, task }: MergeInput): boolean => task === undefined && isTvq(path);

const tasksOfFile = async (path: string): Promise<string[]> => allTaskNames(await openTvq(path));

/** Replaces each .tvq file without a task by its tasks, in the order of the file. */
export async function expandTasks(recipe: MergeRecipe, tasksOf = tasksOfFile): Promise<MergeRecipe> {
  const single = recipe.inputs.filter(input => !isWholeFile(input));
  const names = new Set(single.map(({ name }) => name));
  const inputs: MergeInput[] = [];
  const inputParameters: Readonly<Record<string, ParameterValue>>[] = [];
  const add = (input: MergeInput, i: number) => {
    inputs.push(input);
    inputParameters.push(recipe.inputParameters[i] ?? {});
  };
  for (const [i, input] of recipe.inputs.entries()) {
    if (!isWholeFile(input)) {
      add(input, i);
      continue;
    }
    const { path } = input;
    for (const task of await tasksOf(path)) {
      if (single.some(other => other.path === path && other.task === task)) {
        const remedy = 'list the tasks one by one, or only the file';
        throw new UserError(`${path}: task "${task}" is also listed separately; ${remedy}`, 'usage');
      }
      add({ name: freeName(task, names), path, task }, i);
    }
  }
  return parseMergeRecipe({ ...recipe, inputs, inputParameters });
}
