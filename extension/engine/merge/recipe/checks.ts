import { error, warning } from '../../../shared/problems.ts';
import type { Remedy } from '../../../shared/remedies.ts';
import type { MergeRecipe } from '../../../protocol/recipes.ts';
import type { Problem } from '../../../protocol/results.ts';
import { MAX_ROW } from '../../../../kernels/memory.ts';
import { join } from 'node:path';
import { exists } from '../../../files/exists.ts';
import type { Checkpoint } from '../../../formats/checkpoint.ts';
import { UserError } from '../../../shared/errors.ts';
import { listed } from '../../../formats/listed.ts';
import type { MergeItem } from '../tensor/mergeItem.ts';
import type { MergeMethod } from '../methods/method.ts';
import type { OpenInput } from '../inputs/openInput.ts';
import { checkParameters } from './parameters.ts';

/** @throws UserError when the recipe does not fit its method */
export function checkRecipe(recipe: MergeRecipe, method: MergeMethod): void {
  const { inputs, base } = recipe;
  const wrong = (what: string, remedy?: Remedy) =>
    new UserError({ message: `method ${method.name} ${what}`, remedy }, 'usage');
  if (method.base === 'required' && base === undefined)
    throw wrong('needs a base model', { code: 'baseOfMerge' });
  if (inputs.length < method.minimumInputs)
    throw wrong(`needs at least ${method.minimumInputs} inputs, ${inputs.length} were given`);
  if (method.maximumInputs !== undefined && inputs.length > method.maximumInputs) {
    throw wrong(`takes ${method.maximumInputs} inputs, ${inputs.length} were given`);
  }
  if (base === undefined && inputs.some(({ task }) => task !== undefined))
    throw wrong('needs the base model of the .tvq inputs', { code: 'baseOfMerge' });
  if (recipe.lines && method.family !== 'vectors')
    throw wrong('merges whole models; LiNeS scales task vectors');
  const names = inputs.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new UserError(`two inputs are named "${twice}"; give each its own name`, 'usage');
  checkParameters(method.name, method.parameters, recipe.parameters);
  const perInput = method.parameters.filter(parameter => parameter.perInput);
  for (const given of recipe.inputParameters) checkParameters(method.name, perInput, given);
}

/** Rows that are too long to be ranked, in one line. */
export function checkRows(method: MergeMethod, items: readonly MergeItem[]): Problem[] {
  const long = items.filter(({ rowLength }) => rowLength > MAX_ROW);
  const [first] = long;
  if (!first) return [];
  const what = listed(long.map(({ tensor }) => tensor));
  return [
    error(
      `method ${method.name} ranks the weights of a row: ${what} with rows of ${first.rowLength}, up to ${MAX_ROW} are supported; ties has no such limit`,
    ),
  ];
}

/** Config and tokenizer come from one model's folder; where it has no config, one of another's may have to be copied. */
export async function checkConfig(
  donor: Checkpoint | undefined,
  inputs: readonly OpenInput[],
): Promise<Problem[]> {
  const hasConfig = (folder: string) => exists(join(folder, 'config.json'));
  const folders = inputs.flatMap(input =>
    input.kind === 'checkpoint' ? (input.checkpoint.folder ?? []) : [],
  );
  if (!donor || (await hasConfig(donor.folder ?? donor.path))) return [];
  const other = (
    await Promise.all(folders.map(async folder => ((await hasConfig(folder)) ? [folder] : [])))
  ).flat()[0];
  if (other === undefined) return [];
  return [
    warning(
      `${donor.path}: has no config.json, so the merged model will have none and will not load; copy the one of ${other} if it is the same model`,
    ),
  ];
}
