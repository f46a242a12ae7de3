/** A base model and its fine-tuned models, each with its tensors named as in the base. */
import type { Problem } from '../../protocol/results.ts';
import { noteProblems, openModel, type Checkpoint } from '../../formats/checkpoint.ts';
import { alignNames } from '../../formats/names/alignNames.ts';
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
  open: (path: string) => Promise<Checkpoint> = openModel,
): Promise<Family> {
  const [original, ...tuned] = (await Promise.all([base, ...tasks].map(open))) as [
    Checkpoint,
    ...Checkpoint[],
  ];
  const faults = await Promise.all([original, ...tuned].map(faultOf));
  const aligned = tuned.map(task => alignNames(task, original.tensors));
  return {
    base: original,
    tasks: aligned.map(({ checkpoint }) => checkpoint),
    problems: [
      ...noteProblems([original, ...tuned]),
      ...[...new Set(faults)].flatMap((message): Problem[] =>
        message ? [{ severity: 'error', message }] : [],
      ),
      ...aligned.flatMap(({ checkpoint, change }): Problem[] =>
        change === undefined
          ? []
          : [{ severity: 'warning', message: `${checkpoint.path}: its tensors are read ${change}` }],
      ),
    ],
  };
}

const faultOf = async (checkpoint: Checkpoint): Promise<string | undefined> =>
  quantizedFault(checkpoint, await readModelConfig(checkpoint));
