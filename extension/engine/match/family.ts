/** A base model and its fine-tuned models, each with its tensors named as in the base. */
import type { Problem } from '../../protocol/results.ts';
import { fineTuned, noteProblems, wholeModel, type Checkpoint } from '../../formats/checkpoint.ts';
import { fittedTo } from './fittedTo.ts';
import { openNamed } from './openNamed.ts';
import { readModelConfig } from './modelConfig.ts';
import { quantizedFault } from './quantizedWeights.ts';

export interface Family {
  readonly base: Checkpoint;
  readonly tasks: readonly Checkpoint[];
  /** Name changes made for matching, and checkpoints that cannot be used for computing. */
  readonly problems: readonly Problem[];
}

/** Opens checkpoints. @param open opens one by its path */
export async function openFamily(
  base: string,
  tasks: readonly string[],
  open: (path: string) => Promise<Checkpoint> = openNamed,
): Promise<Family> {
  const [opened, ...others] = (await Promise.all([base, ...tasks].map(open))) as [
    Checkpoint,
    ...Checkpoint[],
  ];
  const [original, tuned] = [wholeModel(opened), others.map(fineTuned)];
  const faults = await Promise.all([original, ...tuned].map(faultOf));
  const fitted = await Promise.all(tuned.map(task => fittedTo(original, task)));
  return {
    base: original,
    tasks: fitted.map(({ checkpoint }) => checkpoint),
    problems: [
      ...noteProblems([original, ...tuned]),
      ...[...new Set(faults)].flatMap((message): Problem[] =>
        message ? [{ severity: 'error', message }] : [],
      ),
      ...fitted.flatMap(({ problems }) => problems),
    ],
  };
}

const faultOf = async (checkpoint: Checkpoint): Promise<string | undefined> =>
  quantizedFault(checkpoint, await readModelConfig(checkpoint));
