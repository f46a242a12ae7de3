/** The checkpoints that tasks of .tvq files were made from, for a comparison with the merge in full precision. */
import type { MergeRecipe } from '../../../protocol/recipes.ts';
import { fineTuned } from '../../../formats/checkpoint.ts';
import { openNamed } from '../../match/openNamed.ts';
import { UserError } from '../../../shared/errors.ts';
import type { OpenInput } from './openInput.ts';

/**
 * The same inputs with each task of a .tvq file replaced by its checkpoint; undefined when nothing is compared.
 * @throws UserError when checkpoints are named for other inputs, or some are missing
 */
export async function openOriginals(
  { compare }: MergeRecipe,
  inputs: readonly OpenInput[],
): Promise<OpenInput[] | undefined> {
  if (compare.length === 0) return undefined;
  const tasks = inputs.flatMap(({ kind, name }) => (kind === 'tvq' ? [name] : []));
  const paths = new Map(compare.map(({ name, path }) => [name, path]));
  const wrong = (what: string) =>
    new UserError(`${what}; a comparison needs one checkpoint for each task`, 'usage');
  const other = compare.find(({ name }) => !tasks.includes(name));
  if (other) {
    const there =
      tasks.length > 0 ? `tasks of .tvq files here are ${tasks.join(', ')}` : 'there are none here';
    throw wrong(`${other.path}: "${other.name}" is not a task of a .tvq file (${there})`);
  }
  if (paths.size < compare.length) throw wrong('two checkpoints are compared with one task');
  const missing = tasks.find(name => !paths.has(name));
  if (missing !== undefined) throw wrong(`the checkpoint of task "${missing}" is missing`);
  return Promise.all(
    inputs.map(async (input): Promise<OpenInput> => {
      if (input.kind === 'checkpoint') return input;
      const checkpoint = fineTuned(await openNamed(paths.get(input.name) as string));
      return { kind: 'checkpoint', name: `${input.name} in full precision`, checkpoint };
    }),
  );
}
