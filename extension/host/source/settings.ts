/** The settings a .tvq file was made with, in the Studio's form. No `vscode` here, so that tests can run it. */
import type { QuantizeRecipe } from '../../protocol/recipes.ts';
import { budgetRecipe, type BudgetRecipe } from '../../protocol/studio.ts';
import type { TvqSummary } from '../../protocol/tvq.ts';
import { parseBudget } from '../../shared/allocation/index.ts';

/** Settings that a file may have been made with but the Studio lacks; `recipe`: the file's recipe is not valid. */
export type Unmatched =
  | 'scheme'
  | 'recipe'
  | keyof Pick<QuantizeRecipe, 'codec' | 'prune' | 'reconstruction' | 'weights' | 'keepRule'>;

export interface SourceSettings {
  readonly start: BudgetRecipe;
  readonly unmatched: readonly Unmatched[];
}

/** As recorded in a file, where anything may be. */
type Recorded = Partial<Record<keyof QuantizeRecipe, unknown>>;

/**
 * The recorded budget, measure and rules. A file made without a budget gets its own size as one, and its exceptions as
 * rules.
 * @param tasks names of those to quantize again
 */
export function sourceSettings(file: TvqSummary, tasks: readonly string[]): SourceSettings {
  const recipe: Recorded = typeof file.recipe === 'object' && file.recipe !== null ? file.recipe : {};
  const isWhole = tasks.length === file.tasks.length && file.tasks.every(({ name }) => tasks.includes(name));
  // The size for all tasks is not a budget for some of them.
  const size =
    isWhole || !(file.bitsPerWeight > 0) ? `${file.bytes}B` : `${file.bitsPerWeight.toFixed(2)}bpw`;
  try {
    const start = recordedRecipe(recipe, size, isWhole, tasks);
    return { start, unmatched: unmatchedOf(recipe) };
  } catch {
    return { start: { budget: size, sensitivity: undefined, rules: [] }, unmatched: ['recipe'] };
  }
}

/** @throws if something recorded is not valid */
function recordedRecipe(
  { budget, sensitivity, rules = [], keep = [] }: Recorded,
  size: string,
  isWhole: boolean,
  tasks: readonly string[],
): BudgetRecipe {
  const exact = (keep as readonly unknown[]).map(pattern => ({
    tensors: `/${String(pattern)}/`,
    bits: 'exact',
  }));
  const recorded = budgetRecipe.parse({
    budget: budget ?? size,
    sensitivity,
    rules: [...exact, ...(rules as readonly unknown[])],
  });
  const isSize = parseBudget(recorded.budget).kind === 'bytes';
  return {
    ...recorded,
    budget: isSize && !isWhole ? size : recorded.budget,
    rules: recorded.rules.filter(({ task }) => task === undefined || tasks.includes(task)),
  };
}

function unmatchedOf(recipe: Recorded): Unmatched[] {
  const isFixed = recipe.budget === undefined;
  const usual: Readonly<Record<Exclude<Unmatched, 'scheme' | 'recipe'>, readonly unknown[]>> = {
    codec: isFixed ? ['minmax'] : ['entropy'],
    prune: [0],
    reconstruction: ['unbiased'],
    weights: [],
    keepRule: ['vectors'],
  };
  const names = Object.keys(usual) as (keyof typeof usual)[];
  const others = names.filter(name => recipe[name] !== undefined && !usual[name].includes(recipe[name]));
  // The Studio spends a budget on each task vector separately.
  const isTvq = recipe.scheme === undefined || recipe.scheme === 'tvq';
  return isFixed || !isTvq ? ['scheme', ...others] : others;
}
