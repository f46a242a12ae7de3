/** The models of a merge on disk, each with its tensors named as in the base. */
import type { MergeRecipe } from '../../../protocol/recipes.ts';
import type { Problem } from '../../../protocol/results.ts';
import { UserError } from '../../../shared/errors.ts';
import { error } from '../../../shared/problems.ts';
import { describeAdapter, wholeModel, type Checkpoint } from '../../../formats/checkpoint.ts';
import type { TensorSource } from '../../../formats/tensorSource.ts';
import { withComponents } from '../../match/components.ts';
import { openNamed } from '../../match/openNamed.ts';
import { Fitting } from '../../match/fitting.ts';
import { namedAsIn } from '../../restore/plan.ts';
import type { Reference } from './match.ts';
import { natureOf, taskTie, type Nature } from './nature.ts';
import { openInput, type OpenInput } from './openInput.ts';
import { openOriginals } from './originals.ts';

export interface Models {
  readonly base: Checkpoint | undefined;
  readonly inputs: readonly OpenInput[];
  /** The inputs before quantization; undefined if nothing is compared with them. */
  readonly originals: readonly OpenInput[] | undefined;
  readonly reference: Reference;
  /** By input, whether its head is its embedding; undefined if unknown. */
  readonly ties: readonly (boolean | undefined)[];
  readonly problems: Problem[];
}

/** Opens everything that a recipe names. Faults of single files throw; what is wrong with whole models is listed. */
export async function openModels(recipe: MergeRecipe): Promise<Models> {
  const given = recipe.base === undefined ? [] : [recipe.base];
  const meant = await withComponents([...recipe.inputs.map(({ path }) => path), ...given]);
  const problems = [...meant.problems];
  const opened = await Promise.all(
    recipe.inputs.map((input, i) => openInput({ ...input, path: meant.names[i] as string })),
  );
  const named = meant.names[recipe.inputs.length];
  const base = named === undefined ? undefined : await openBase(named, opened);
  const [first] = opened;
  const reference = base ?? (first?.kind === 'checkpoint' ? first.checkpoint : undefined);
  const tensors: ReadonlyMap<string, TensorSource> = reference?.tensors ?? new Map<string, TensorSource>();
  if (!base) refuseAdapters(opened);
  const fitting = reference && new Fitting(reference, recipe.map);
  const fitted = async (input: OpenInput): Promise<OpenInput> => {
    if (input.kind !== 'checkpoint' || !fitting || input.checkpoint === reference) return input;
    const { checkpoint, problems: found } = await fitting.fit(input.checkpoint, `input "${input.name}"`);
    problems.push(...found);
    return { ...input, checkpoint };
  };
  const fittedAll = (all: readonly OpenInput[]): Promise<OpenInput[]> => Promise.all(all.map(fitted));
  const inputs = await fittedAll(opened);
  const compared = await openOriginals(recipe, inputs);
  const originals = compared && (await fittedAll(compared));
  problems.push(...(fitting?.unused() ?? []));
  const known = new Map<string, Nature>();
  const natureAt = async (checkpoint: Checkpoint): Promise<Nature> => {
    const nature = known.get(checkpoint.path) ?? (await natureOf(checkpoint));
    if (!known.has(checkpoint.path) && nature.fault !== undefined) problems.push(error(nature.fault));
    known.set(checkpoint.path, nature);
    return nature;
  };
  const own = reference && (await natureAt(reference));
  const ties: (boolean | undefined)[] = [];
  for (const input of inputs)
    ties.push(
      input.kind === 'checkpoint'
        ? (await natureAt(input.checkpoint)).tied
        : await taskTie(input, base, own?.tied),
    );
  for (const input of originals ?? []) if (input.kind === 'checkpoint') await natureAt(input.checkpoint);
  return {
    base,
    inputs,
    originals,
    reference: { base, tensors, tied: own?.tied, saysTied: own?.saysTied ?? false },
    ties,
    problems,
  };
}

/** @throws UserError naming an adapter */
function refuseAdapters(inputs: readonly OpenInput[]): void {
  for (const input of inputs) {
    const adapter = input.kind === 'checkpoint' ? input.checkpoint.adapter : undefined;
    if (input.kind === 'checkpoint' && adapter)
      throw new UserError(`${input.checkpoint.path}: ${describeAdapter(adapter)}`, 'usage');
  }
}

/** If there are tasks of a .tvq file, its names are used, as task vectors belong to it. */
async function openBase(path: string, inputs: readonly OpenInput[]): Promise<Checkpoint> {
  const base = wholeModel(await openNamed(path));
  const stored = inputs.find(input => input.kind === 'tvq');
  return stored ? namedAsIn(stored.file, base) : base;
}
