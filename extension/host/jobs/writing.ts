/** What all jobs that write an output have in common. No `vscode` here, so that tests can run it. */
import { join } from 'node:path';
import type { MergeRecipe, QuantizeRecipe, RestoreRecipe, RunOptions } from '../../protocol/recipes.ts';
import type { Engine, RequestHooks } from '../engineClient.ts';

export type WritingRecipe = QuantizeRecipe | RestoreRecipe | MergeRecipe;

export interface WritingJob<Recipe extends WritingRecipe, Result> {
  readonly recipe: Recipe;
  /** Shown to the user while the job waits and runs. */
  readonly title: (recipe: Recipe) => string;
  readonly send: (
    engine: Engine,
    recipe: Recipe,
    options: RunOptions,
    hooks: RequestHooks,
  ) => Promise<Result>;
}

/** Where a recipe's outputs may be: a merge that yields a model for each task has inner folders. */
const placesOf = (recipe: WritingRecipe): string[] =>
  recipe.kind === 'merge'
    ? [recipe.output, ...recipe.inputs.map(({ name }) => join(recipe.output, name))]
    : [recipe.output];

/** Removes what a killed engine left of a job. @returns whether a living process writes the output */
export async function removeLeftoversOf(recipe: WritingRecipe): Promise<boolean> {
  const { removeLeftovers } = await import('../../files/leftovers.ts');
  const written = await Promise.all(placesOf(recipe).map(removeLeftovers));
  return written.includes(true);
}
