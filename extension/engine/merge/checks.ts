import type { MergeRecipe, Problem } from '../../protocol.ts';
import type { TensorSource } from '../checkpoint/checkpoint.ts';
import { isQuantizable } from '../checkpoint/dtype.ts';
import { MAX_ROW } from '../../../kernels/mergeStages.ts';
import { UserError } from '../errors.ts';
import type { InputTensor } from './inputTensor.ts';
import { rowLengthOf, type MergeJob } from './mergeJob.ts';
import type { MergeMethod } from './method.ts';
import { dtypeOf, shapeOf, type OpenInput } from './openInput.ts';
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

/** Whether all inputs have the tensor in the base's shape; what does not fit becomes a problem. */
export function checkTensor(
  tensor: string,
  original: TensorSource,
  inputs: readonly OpenInput[],
  found: readonly (InputTensor | undefined)[],
  problems: Problem[],
): boolean {
  let usable = true;
  for (const [i, input] of found.entries()) {
    const name = inputs[i]?.name as string;
    if (!input) {
      problems.push({
        severity: 'error',
        message: `input "${name}" lacks tensor "${tensor}" of the base; are its embeddings tied? Restore it with all tensors, or leave it out`,
      });
      usable = false;
    } else if (shapeOf(input).join() !== original.shape.join()) {
      const rows =
        shapeOf(input)[0] !== original.shape[0] &&
        shapeOf(input).slice(1).join() === original.shape.slice(1).join();
      problems.push({
        severity: 'error',
        message:
          `input "${name}": tensor "${tensor}" has shape [${shapeOf(input).join(', ')}], the base has [${original.shape.join(', ')}]` +
          (rows
            ? '; were tokens added to its vocabulary? Resize it to the base first'
            : '; is it a fine-tuned checkpoint of this base?'),
      });
      usable = false;
    } else if (!isQuantizable(dtypeOf(input))) {
      problems.push({
        severity: 'error',
        message: `input "${name}": tensor "${tensor}" is ${dtypeOf(input)}, floating point was expected`,
      });
      usable = false;
    }
  }
  return usable;
}

/** Rows that are too long to be ranked, in one line. */
export function checkRows(method: MergeMethod, jobs: readonly MergeJob[]): Problem[] {
  const long = jobs.filter(job => rowLengthOf(job) > MAX_ROW);
  const [first] = long;
  if (!first) return [];
  const more = long.length > 1 ? ` and ${long.length - 1} more` : '';
  return [
    {
      severity: 'error',
      message: `method ${method.name} ranks the weights of a row: tensor "${first.tensor}"${more} has rows of ${rowLengthOf(first)}, up to ${MAX_ROW} are supported; ties has no such limit`,
    },
  ];
}

export function warnOfExtras(
  input: OpenInput,
  model: ReadonlyMap<string, TensorSource>,
  problems: Problem[],
): void {
  const names = input.kind === 'checkpoint' ? input.checkpoint.tensors.keys() : input.records.keys();
  const extra = [...names].filter(name => !model.has(name));
  if (extra.length === 0) return;
  problems.push({
    severity: 'warning',
    message: `input "${input.name}" has ${extra.length} ${extra.length === 1 ? 'tensor' : 'tensors'} that the base lacks (${extra[0]}${extra.length > 1 ? ' …' : ''}); left out`,
  });
}
