import { MAX_MEAN_TASKS } from '../../../kernels/backend.ts';
import type { Problem, QuantizeRecipe } from '../../protocol.ts';
import { MIN_MEMORY, type Budget, type Room } from '../budget.ts';
import type { Checkpoint, TensorSource } from '../checkpoint/checkpoint.ts';
import { formatBytes } from '../format.ts';
import { quantizeJobBytes, type QuantizeJob } from './job.ts';
import type { KeepRule } from './keep.ts';

export interface Checkpoints {
  readonly base: Checkpoint;
  readonly tasks: readonly Checkpoint[];
}

/** Names listed in one message; the rest is counted. */
const MAX_LISTED = 3;

/** What does not fit between the base and the fine-tuned checkpoints, with the remedy. */
export function compareCheckpoints(
  recipe: QuantizeRecipe,
  { base, tasks }: Checkpoints,
  keeps: KeepRule,
): Problem[] {
  const problems: Problem[] = [];
  for (const [t, task] of tasks.entries()) {
    const name = recipe.tasks[t]?.name as string;
    const common = [...task.tensors.keys()].filter(tensor => base.tensors.has(tensor));
    if (common.length === 0) {
      problems.push(
        error(
          `${task.path}: no tensor name in common with the base ${base.path}; is this its fine-tuned checkpoint?`,
        ),
      );
      continue;
    }
    for (const tensor of common) {
      const [tuned, original] = [task.tensors.get(tensor), base.tensors.get(tensor)] as [
        TensorSource,
        TensorSource,
      ];
      if (tuned.shape.join() === original.shape.join() || keeps(tuned)) continue;
      problems.push(
        error(
          `${task.path}: tensor "${tensor}" has shape [${tuned.shape.join(', ')}], the base has [${original.shape.join(', ')}]; ` +
            `store it exactly with --keep '^${escapePattern(tensor)}$', or choose the right base`,
        ),
      );
    }
    const missing = [...base.tensors.keys()].filter(tensor => !task.tensors.has(tensor));
    const extra = [...task.tensors.keys()].filter(tensor => !base.tensors.has(tensor));
    if (missing.length)
      problems.push(warning(`task "${name}" lacks ${listed(missing)} of the base; it is restored without`));
    if (extra.length)
      problems.push(warning(`task "${name}" has ${listed(extra)} that the base lacks; stored exactly`));
  }
  return problems;
}

const error = (message: string): Problem => ({ severity: 'error', message });
const warning = (message: string): Problem => ({ severity: 'warning', message });

const escapePattern = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MAX_LISTED).map(name => `"${name}"`);
  const more = names.length - shown.length;
  return `${names.length === 1 ? 'tensor' : `${names.length} tensors:`} ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** What is wrong with what was asked, whatever the checkpoints hold. */
export function checkRecipe(recipe: QuantizeRecipe, { base, tasks }: Checkpoints): Problem[] {
  const problems: Problem[] = [];
  const names = recipe.tasks.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    problems.push(error(`two tasks are named "${twice}"; give each a name of its own (NAME=PATH)`));
  for (const task of tasks) {
    if (task.path === base.path) problems.push(error(`${task.path}: given both as the base and as a task`));
  }
  if (recipe.prune && recipe.scheme !== 'tvq') {
    problems.push(
      error(`pruning is for task vectors by themselves (scheme tvq); ${recipe.scheme} does not go with it`),
    );
  }
  if (recipe.scheme === 'rtvq' && tasks.length > MAX_MEAN_TASKS) {
    problems.push(error(`rtvq takes at most ${MAX_MEAN_TASKS} tasks, ${tasks.length} were given`));
  }
  if (recipe.scheme === 'rtvq' && tasks.length === 1) {
    problems.push({
      severity: 'warning',
      message: 'rtvq with one task stores it twice; tvq is smaller at the same error',
    });
  }
  return problems;
}

/** Whether the largest tensor fits, at least piece by piece. */
export function checkMemory(
  { memory, chunk }: Room,
  { arena }: Budget,
  jobs: readonly QuantizeJob[],
): Problem[] {
  const tooLarge = jobs.find(job => quantizeJobBytes(job, chunk) > arena);
  if (!tooLarge) return [];
  const needed = MIN_MEMORY + quantizeJobBytes(tooLarge, chunk);
  return [
    {
      severity: 'error',
      message: `--memory ${formatBytes(memory)} is too little: tensor "${tooLarge.tensor}" needs about ${formatBytes(needed)}`,
    },
  ];
}
