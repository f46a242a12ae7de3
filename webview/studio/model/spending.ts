import type { TensorRule } from '../../../extension/protocol/recipes.ts';
import type { BudgetRecipe } from '../../../extension/protocol/studio.ts';
import { parseBudget } from '../../../extension/shared/allocation/index.ts';
import type { Spent } from './allocation.ts';
import { measureName, type MeasureWish } from './measureWish.ts';

/** What the user decides, and can undo. */
export interface Spending {
  /** In the format that `parseBudget` reads. */
  readonly budget: string;
  readonly measure: MeasureWish;
  /** If several match, the last one that sets a field wins. */
  readonly rules: readonly TensorRule[];
}

/**
 * The recipe for the engine: the size that was allocated, to the byte, so that nothing is left to be spent differently.
 * An error budget that can be reached is passed on unchanged.
 */
export function recipeOf({ budget, measure, rules }: Spending, { bytes, limit }: Spent): BudgetRecipe {
  const { kind } = parseBudget(budget);
  return {
    budget: kind === 'error' && limit === undefined ? budget : `${bytes}B`,
    sensitivity: measureName(measure, kind),
    rules,
  };
}
