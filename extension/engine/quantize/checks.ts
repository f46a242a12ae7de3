import { MAX_MEAN_TASKS } from '../../../kernels/stages/mean_delta/stage.ts';
import type { QuantizeRecipe } from '../../protocol/recipes.ts';
import type { Problem } from '../../protocol/results.ts';
import { memoryOf } from '../scheduler/itemKind.ts';
import { MIN_MEMORY, type MemoryShare, type Room } from '../scheduler/memoryShare.ts';
import type { Checkpoint } from '../../formats/checkpoint.ts';
import type { TensorSource } from '../../formats/tensorSource.ts';
import { formatBytes } from '../../shared/format.ts';
import { error, warning } from '../../shared/problems.ts';
import { estrangement } from '../match/kinship.ts';
import { listed, shapeText } from '../../formats/listed.ts';
import type { QuantizeItem } from './item.ts';
import { quantizeKind } from './quantizeKind.ts';
import type { KeepRule } from './keep.ts';

export interface Checkpoints {
  readonly base: Checkpoint;
  readonly tasks: readonly Checkpoint[];
}

/** What does not fit between the base and the fine-tuned checkpoints, with the remedy: one line for each kind. */
export function compareCheckpoints(
  recipe: QuantizeRecipe,
  { base, tasks }: Checkpoints,
  keeps: KeepRule,
): Problem[] {
  return tasks.flatMap((task, t) => {
    const strange = estrangement(task.tensors, base.tensors);
    if (strange !== undefined) return [error(`${task.path}: ${strange}`)];
    const name = recipe.tasks[t]?.name as string;
    const missing = [...base.tensors.keys()].filter(tensor => !task.tensors.has(tensor));
    const extra = [...task.tensors.keys()].filter(tensor => !base.tensors.has(tensor));
    return [
      ...(recipe.scheme === 'fq' ? [] : compareShapes(task, base, keeps)),
      ...(missing.length
        ? [warning(`task "${name}" lacks ${listed(missing)} of the base and is restored without them`)]
        : []),
      ...(extra.length
        ? [warning(`task "${name}" has ${listed(extra)} that the base lacks; stored exactly`)]
        : []),
    ];
  });
}

/** Tensors without a task vector (resized embeddings, classifiers with other labels) are kept whole. */
function compareShapes({ path, tensors }: Checkpoint, base: Checkpoint, keeps: KeepRule): Problem[] {
  const other = [...tensors.values()].filter(tuned => {
    const original = base.tensors.get(tuned.name);
    return original && original.shape.join() !== tuned.shape.join() && !keeps(tuned);
  });
  const [first] = other;
  if (!first) return [];
  const { shape: was } = base.tensors.get(first.name) as TensorSource;
  const bytes = other.reduce((sum, tuned) => sum + tuned.bytes, 0);
  return [
    warning(
      `${path}: ${listed(other.map(({ name }) => name))} of a different shape than in the base (${shapeText(first.shape)}, there ${shapeText(was)}); stored exactly, ${formatBytes(bytes)}`,
    ),
  ];
}

/** What is wrong with the request, whatever is in the checkpoints. */
export function checkRecipe(recipe: QuantizeRecipe, { base, tasks }: Checkpoints): Problem[] {
  const problems: Problem[] = [];
  const names = recipe.tasks.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    problems.push(error(`two tasks are named "${twice}"; give each its own name`, { code: 'taskName' }));
  for (const task of tasks) {
    if (task.path === base.path) problems.push(error(`${task.path}: given both as the base and as a task`));
  }
  if (recipe.prune && recipe.scheme !== 'tvq') {
    problems.push(
      error(`pruning works only with plain task vectors (scheme tvq), not with ${recipe.scheme}`),
    );
  }
  if (recipe.scheme === 'rtvq' && tasks.length > MAX_MEAN_TASKS) {
    problems.push(error(`rtvq takes at most ${MAX_MEAN_TASKS} tasks, ${tasks.length} were given`));
  }
  if (recipe.scheme === 'rtvq' && tasks.length === 1) {
    problems.push(warning('rtvq with one task stores it twice; tvq is smaller at the same error'));
  }
  return problems;
}

/** Checks that the largest tensor fits, at least piece by piece. */
export function checkMemory(
  { memory, chunk }: Room,
  { arena }: MemoryShare,
  items: readonly QuantizeItem[],
): Problem[] {
  const tooLarge = items.find(item => memoryOf(quantizeKind, item, chunk) > arena);
  if (!tooLarge) return [];
  const needed = formatBytes(MIN_MEMORY + memoryOf(quantizeKind, tooLarge, chunk));
  const message = `${formatBytes(memory)} is too little: tensor "${tooLarge.tensor}" needs about ${needed}`;
  return [error(message, { code: 'memory' })];
}
