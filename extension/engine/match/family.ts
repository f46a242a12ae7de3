/** A base model and its fine-tuned models, each with its tensors named as in the base. */
import type { NameRule } from '../../protocol/recipes.ts';
import type { Problem } from '../../protocol/results.ts';
import { fineTuned, noteProblems, wholeModel, type Checkpoint } from '../../formats/checkpoint.ts';
import { withComponents } from './components.ts';
import { Fitting } from './fitting.ts';
import { openNamed } from './openNamed.ts';
import { readModelConfig } from './modelConfig.ts';
import { quantizedFault } from './quantizedWeights.ts';

export interface Family {
  readonly base: Checkpoint;
  readonly tasks: readonly Checkpoint[];
  /** Name changes made for matching, and checkpoints that cannot be used for computing. */
  readonly problems: readonly Problem[];
}

interface Opening {
  /** What the user says about the tasks' names. */
  readonly map?: readonly NameRule[] | undefined;
  /** Opens a checkpoint by its path. */
  readonly open?: (path: string) => Promise<Checkpoint>;
}

/** Opens checkpoints. */
export async function openFamily(
  base: string,
  tasks: readonly string[],
  { map, open = openNamed }: Opening = {},
): Promise<Family> {
  const meant = await withComponents([base, ...tasks]);
  const [opened, ...others] = (await Promise.all(meant.names.map(open))) as [Checkpoint, ...Checkpoint[]];
  const [original, tuned] = [wholeModel(opened), others.map(fineTuned)];
  const faults = await Promise.all([original, ...tuned].map(faultOf));
  const fitting = new Fitting(original, map);
  const fitted = await Promise.all(tuned.map(task => fitting.fit(task)));
  return {
    base: original,
    tasks: fitted.map(({ checkpoint }) => checkpoint),
    problems: [
      ...meant.problems,
      ...noteProblems([original, ...tuned]),
      ...[...new Set(faults)].flatMap((message): Problem[] =>
        message ? [{ severity: 'error', message }] : [],
      ),
      ...fitted.flatMap(({ problems }) => problems),
      ...fitting.unused(),
    ],
  };
}

const faultOf = async (checkpoint: Checkpoint): Promise<string | undefined> =>
  quantizedFault(checkpoint, await readModelConfig(checkpoint));
