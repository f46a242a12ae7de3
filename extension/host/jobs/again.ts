/** Starts a job that writes, reports its result, and offers to start it again if the engine was lost. */
import { l10n } from 'vscode';
import { EngineLostError } from '../engineErrors.ts';
import { showError } from '../errors.ts';
import { RemediableError } from '../remedy.ts';
import type { Services } from '../services.ts';
import { merging } from './merging.ts';
import { quantizing } from './quantizing.ts';
import { restoring } from './restoring.ts';
import type { WritingRecipe } from './writing.ts';

/** Rejects with what the job rejects with. */
export async function startWriting(services: Services, recipe: WritingRecipe): Promise<void> {
  try {
    await runKind(services, recipe);
  } catch (error) {
    if (!(error instanceof EngineLostError)) throw error;
    const again = { label: l10n.t('Start Again'), run: () => startAgain(services, recipe) };
    throw new RemediableError(error.message, [again], { cause: error });
  }
}

/** Like `startWriting`, for a button: shows what goes wrong. */
export const startAgain = (services: Services, recipe: WritingRecipe): Promise<void> =>
  startWriting(services, recipe).catch((error: unknown) => showError(services.log, error));

function runKind(services: Services, recipe: WritingRecipe): Promise<void> {
  switch (recipe.kind) {
    case 'quantize':
      return quantizing(services, recipe);
    case 'restore':
      return restoring(services, recipe);
    case 'merge':
      return merging(services, recipe);
  }
}
