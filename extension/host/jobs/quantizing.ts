import { basename } from 'node:path';
import { commands, l10n, Uri } from 'vscode';
import type { QuantizeRecipe } from '../../protocol/recipes.ts';
import type { QuantizeResult } from '../../protocol/results.ts';
import { describeSize } from '../describe.ts';
import { reveal } from '../reveal.ts';
import type { Services } from '../services.ts';
import { notify } from '../ui/notify.ts';
import { elsewhere } from './elsewhere.ts';
import type { WritingJob } from './writing.ts';

export const quantizeJob = (recipe: QuantizeRecipe): WritingJob<QuantizeRecipe, QuantizeResult> => ({
  recipe,
  title: ({ output }) => l10n.t('Quantizing to {0}', basename(output)),
  send: (engine, ...request) => engine.quantize(...request),
});

/** Runs the engine and reports the result, with links to it. */
export async function quantizing(services: Services, recipe: QuantizeRecipe): Promise<void> {
  await showResult(services, recipe, await services.writing.run(quantizeJob(recipe)));
}

async function showResult({ log }: Services, recipe: QuantizeRecipe, result: QuantizeResult): Promise<void> {
  const { output, warnings, seconds, backendReason } = result;
  const size = describeSize(result);
  log.info(`Wrote ${output}: ${size}, ${seconds.toFixed(1)} s. ${backendReason}`);
  for (const warning of warnings) log.warn(warning);
  const open = l10n.t('Open');
  const show = l10n.t('Reveal');
  const wrote = l10n.t('Wrote {0}: {1}', basename(output), size) + elsewhere(recipe, output);
  const more = warnings.length > 0 ? ` ${l10n.t('Warnings: {0}; see the log.', warnings.length)}` : '';
  const pressed = await notify(wrote + more, open, show);
  if (pressed === open) await commands.executeCommand('tvq.openInspector', Uri.file(output));
  if (pressed === show) await reveal(output);
}
