/** Wishes under a budget, checked before anything is measured. */
import type { QuantizeRecipe } from '../../protocol/recipes.ts';
import type { Problem } from '../../protocol/results.ts';
import { AllocationError, parseBudget, patternOf } from '../../shared/allocation/index.ts';
import { nearest } from '../../shared/nearest.ts';
import { error, warning } from '../../shared/problems.ts';
import { UserError } from '../../shared/errors.ts';
import type { Checkpoints } from './checks.ts';
import type { QuantizeItem } from './item.ts';

/** What the allocator refuses counts as wrong usage. */
export const asUserError = (error: unknown): unknown =>
  error instanceof AllocationError ? new UserError(error.message, 'usage') : error;

/** @throws UserError when a budget, a pattern or a task's name is not valid */
export function checkWishes({ budget, rules = [], weights, tasks, scheme }: QuantizeRecipe): void {
  try {
    if (budget === undefined) {
      const stray = rules.length > 0 ? 'rules' : weights ? 'weights' : undefined;
      if (stray) throw new AllocationError(`${stray} for single tensors need a budget`);
      return;
    }
    if (scheme === 'fq') throw new AllocationError('a budget needs scheme tvq or rtvq, not fq');
    parseBudget(budget);
    for (const [pattern] of weights?.patterns ?? []) patternOf(pattern);
    const names = tasks.map(({ name }) => name);
    for (const { tensors, task, min, max } of rules) {
      patternOf(tensors);
      if (task !== undefined && !names.includes(task))
        throw new AllocationError(`a rule for ${tensors}: ${unknown('task', task, names)}`);
      if (min !== undefined && max !== undefined && min > max)
        throw new AllocationError(`a rule for ${tensors}: at least ${min} and at most ${max} bits`);
    }
  } catch (error) {
    throw asUserError(error);
  }
}

/** Wishes that match no tensor: names in a file of weights that are wrong, patterns that match nothing. */
export function unmetWishes(
  { rules = [], weights }: QuantizeRecipe,
  { tasks }: Checkpoints,
  items: readonly QuantizeItem[],
): Problem[] {
  const names = new Set(tasks.flatMap(({ tensors }) => [...tensors.keys()]));
  const stranger = Object.keys(weights?.tensors ?? {}).find(name => !names.has(name));
  const problems: Problem[] = [];
  if (stranger !== undefined) problems.push(error(`weights: ${unknown('tensor', stranger, [...names])}`));
  const open = items.filter(({ tasks }) => tasks.some(task => task.open));
  const patterns = [...rules.map(rule => rule.tensors), ...(weights?.patterns ?? []).map(([one]) => one)];
  for (const pattern of new Set(patterns)) {
    const expression = patternOf(pattern);
    if (open.some(({ tensor }) => expression.test(tensor))) continue;
    problems.push(
      warning(`"${pattern}" matches no tensor that the budget is spent on; "keep" stores tensors exactly`),
    );
  }
  return problems;
}

function unknown(what: string, name: string, names: readonly string[]): string {
  const meant = nearest(name, names);
  return `there is no ${what} "${name}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`;
}
