import { basename } from 'node:path';
import type { MergeParameter, MergeRecipe, ParameterValue } from '../../protocol.ts';
import type { MergeMethod } from './method.ts';
import { printableYaml } from './output/printableYaml.ts';

type Parameters = Readonly<Record<string, ParameterValue>>;

/** Every parameter of a method, defaults written out; gradients and rules as the recipe has them. */
export const allParameters = (recipe: MergeRecipe, method: MergeMethod): Parameters =>
  written(method.parameters, recipe.parameters);

/** By input: every parameter of which each has its own. Where none of its rules is for a tensor, the common one counts. */
export const allInputParameters = (
  { inputs, parameters, inputParameters }: MergeRecipe,
  method: MergeMethod,
): Readonly<Record<string, Parameters>> => {
  const perInput = method.parameters.filter(parameter => parameter.perInput);
  return Object.fromEntries(
    inputs.map(({ name }, i) => [name, written(perInput, { ...parameters, ...inputParameters[i] })]),
  );
};

const written = (declared: readonly MergeParameter[], given: Parameters): Parameters =>
  Object.fromEntries(declared.map(({ name, default: standard }) => [name, given[name] ?? standard]));

/** The recipe as it is kept beside the model: word for word where it came from a file, else written out. */
export function recipeText(recipe: MergeRecipe, method: MergeMethod): string {
  if (recipe.text !== undefined) return recipe.text;
  const own = allInputParameters(recipe, method);
  const common = method.parameters.filter(({ perInput }) => !perInput);
  return printableYaml({
    merge_method: recipe.method,
    ...(recipe.base === undefined ? {} : { base_model: basename(recipe.base) }),
    models: recipe.inputs.map(({ name, path, task }) => ({
      model: basename(path),
      ...(task === undefined ? {} : { task }),
      name,
      parameters: own[name],
    })),
    parameters: written(common, recipe.parameters),
    ...(recipe.lines ? { lines: recipe.lines } : {}),
    ...(recipe.onMismatch === 'error' ? {} : { on_mismatch: recipe.onMismatch }),
    ...(recipe.dtype ? { out_dtype: recipe.dtype } : {}),
  });
}
