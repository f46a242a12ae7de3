import { basename } from 'node:path';
import { l10n } from 'vscode';
import { formatBytes } from '../../shared/format.ts';
import type { RestoreRecipe } from '../../protocol/recipes.ts';
import type { RestoreResult } from '../../protocol/results.ts';
import { reveal } from '../reveal.ts';
import type { Services } from '../services.ts';
import { notify } from '../ui/notify.ts';
import { elsewhere } from './elsewhere.ts';
import type { WritingJob } from './writing.ts';

const restoreJob = (recipe: RestoreRecipe): WritingJob<RestoreRecipe, RestoreResult> => ({
  recipe,
  title: ({ task }) => l10n.t('Restoring {0}', task),
  send: (engine, ...request) => engine.restore(...request),
});

/** Runs the engine and reports the result, with a link to it. */
export async function restoring({ writing, log }: Services, recipe: RestoreRecipe): Promise<void> {
  const { output, bytes, warnings } = await writing.run(restoreJob(recipe));
  for (const warning of warnings) log.warn(warning);
  const show = l10n.t('Reveal');
  const wrote = l10n.t('Wrote {0}: {1}', basename(output), formatBytes(bytes)) + elsewhere(recipe, output);
  if ((await notify(wrote, show)) === show) await reveal(output);
}
