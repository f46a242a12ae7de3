import type { TensorRule } from '../../../extension/protocol/recipes.ts';
import type { BudgetRecipe } from '../../../extension/protocol/studio.ts';
import { parseBudget } from '../../../extension/shared/allocation/index.ts';
import type { Spent } from './allocation.ts';
import { measureName, type MeasureWish } from './measureWish.ts';

/** What the user decides, and can take back. */
export interface Spending {
  /** As `parseBudget` reads it. */
  readonly budget: string;
  readonly measure: MeasureWish;
  /** Of several that match, the last that names a field counts. */
  readonly rules: readonly TensorRule[];
}

/**
 * What the engine is asked for: what was allocated, to the byte, so that nothing is left to be spent otherwise. An error
 * that can be reached is asked for as it is.
 */
export function recipeOf({ budget, measure, rules }: Spending, { bytes, limit }: Spent): BudgetRecipe {
  const { kind } = parseBudget(budget);
  return {
    budget: kind === 'error' && limit === undefined ? budget : `${bytes}B`,
    sensitivity: measureName(measure, kind),
    rules,
  };
}
