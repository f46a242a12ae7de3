import { basename } from 'node:path';
import { stringify } from 'yaml';
import type { MergeRecipe, ParameterValue } from '../../protocol.ts';
import type { MergeMethod } from './method.ts';

/** Every parameter of a method as a recipe has it, defaults written out. */
export const allParameters = (recipe: MergeRecipe, method: MergeMethod): Record<string, ParameterValue> =>
  Object.fromEntries(
    method.parameters
      .filter(({ perInput, name }) => !perInput || recipe.parameters[name] !== undefined)
      .map(({ name, default: standard }) => [name, recipe.parameters[name] ?? standard]),
  );

/** The recipe as it is kept beside the model: word for word where it came from a file, else written out. */
export function recipeText(recipe: MergeRecipe, method: MergeMethod): string {
  if (recipe.text !== undefined) return recipe.text;
  const perInput = method.parameters.filter(parameter => parameter.perInput);
  return stringify({
    merge_method: recipe.method,
    ...(recipe.base === undefined ? {} : { base_model: basename(recipe.base) }),
    models: recipe.inputs.map(({ name, path, task }, i) => ({
      model: basename(path),
      ...(task === undefined ? {} : { task }),
      name,
      parameters: Object.fromEntries(
        perInput.map(({ name: key, default: standard }) => [
          key,
          recipe.inputParameters[i]?.[key] ?? recipe.parameters[key] ?? standard,
        ]),
      ),
    })),
    parameters: allParameters(recipe, method),
    ...(recipe.lines ? { lines: recipe.lines } : {}),
    ...(recipe.dtype ? { out_dtype: recipe.dtype } : {}),
  });
}
