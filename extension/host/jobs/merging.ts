import { basename } from 'node:path';
import { commands, l10n, Uri } from 'vscode';
import type { MergeMethodInfo, MergeRecipe } from '../../protocol/recipes.ts';
import type { MergeResult } from '../../protocol/results.ts';
import { keepTogether } from '../describe.ts';
import { outcomeOf, reportPath } from '../merge/outcome.ts';
import { methodOf } from '../merge/studioRecipe.ts';
import { reveal } from '../reveal.ts';
import type { Services } from '../services.ts';
import { readRunOptions } from '../settings.ts';
import { notify } from '../ui/notify.ts';
import { elsewhere } from './elsewhere.ts';
import type { WritingJob } from './writing.ts';

export const mergeJob = (
  recipe: MergeRecipe,
  method: MergeMethodInfo,
): WritingJob<MergeRecipe, MergeResult> => ({
  recipe,
  title: ({ output }) => l10n.t('Merging to {0} with {1}', basename(output), method.title),
  send: (engine, ...request) => engine.merge(...request),
});

/** Runs the engine and reports the result, with links to the folder and to the report. */
export async function merging(services: Services, recipe: MergeRecipe): Promise<void> {
  const method = methodOf(await services.engine.methods(null, readRunOptions()), recipe.method);
  const result = await services.writing.run(mergeJob(recipe, method));
  // When a folder appears by a rename, its content is not always reported.
  services.checkpoints.refresh();
  await showMerged(services, recipe, method, result);
}

async function showMerged(
  { log }: Services,
  recipe: MergeRecipe,
  method: MergeMethodInfo,
  result: MergeResult,
): Promise<void> {
  const { output, warnings, seconds, backendReason } = result;
  const { inputs } = recipe;
  const numbers = describeOutcome(result);
  log.info(`Merged into ${output}: ${numbers}, ${seconds.toFixed(1)} s. ${backendReason}`);
  for (const warning of warnings) log.warn(warning);
  const [only] = inputs.length === 1 ? inputs : [];
  const merged = only
    ? l10n.t('Merged {0} with {1}: {2}', only.name, method.title, numbers)
    : l10n.t('Merged {0} models with {1}: {2}', inputs.length, method.title, numbers);
  const other = elsewhere(recipe, output);
  const more = warnings.length > 0 ? ` ${l10n.t('Warnings: {0}; see the log.', warnings.length)}` : '';
  const openFolder = l10n.t('Open Folder');
  const showReport = l10n.t('Show Report');
  const report = reportPath(result);
  const buttons = report === undefined ? [openFolder] : [openFolder, showReport];
  const pressed = await notify(merged + other + more, ...buttons);
  if (pressed === openFolder) await reveal(output);
  if (pressed === showReport && report !== undefined) {
    await commands.executeCommand('vscode.open', Uri.file(report));
  }
}

/** "51.6 kB · norm 0.84 · 12.3 % sign conflicts · cosine 0.61–0.72". */
function describeOutcome(result: MergeResult): string {
  const { size, norm, conflicts, cosine } = outcomeOf(result);
  return keepTogether([
    size,
    norm && l10n.t('norm {0}', norm),
    conflicts && l10n.t('{0} sign conflicts', conflicts),
    cosine && l10n.t('cosine {0}', cosine),
  ]);
}
