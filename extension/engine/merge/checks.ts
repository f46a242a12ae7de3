import type { MergeRecipe } from '../../protocol.ts';
import { UserError } from '../errors.ts';
import type { MergeMethod } from './method.ts';
import { checkParameters } from './parameters.ts';

/** @throws UserError when the recipe does not fit its method */
export function checkRecipe(recipe: MergeRecipe, method: MergeMethod): void {
  const { inputs, base } = recipe;
  const wrong = (what: string) => new UserError(`method ${method.name} ${what}`, 'usage');
  if (method.base === 'required' && base === undefined)
    throw wrong('needs a base model; name it with --base');
  if (inputs.length < method.minimumInputs)
    throw wrong(`needs at least ${method.minimumInputs} inputs, ${inputs.length} were given`);
  if (method.maximumInputs !== undefined && inputs.length > method.maximumInputs) {
    throw wrong(`takes ${method.maximumInputs} inputs, ${inputs.length} were given`);
  }
  if (base === undefined && inputs.some(({ task }) => task !== undefined))
    throw wrong('needs the base model of the .tvq inputs; name it with --base');
  if (recipe.lines && method.family !== 'vectors')
    throw wrong('merges whole models; LiNeS scales task vectors');
  const names = inputs.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new UserError(`two inputs are named "${twice}"; give each a name of its own`, 'usage');
  checkParameters(method.name, method.parameters, recipe.parameters);
  const perInput = method.parameters.filter(parameter => parameter.perInput);
  for (const given of recipe.inputParameters) checkParameters(method.name, perInput, given);
}
