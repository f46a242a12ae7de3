import { basename, join } from 'node:path';
import { commands, l10n, Uri } from 'vscode';
import type { PlanSummary, QuantizeRecipe, QuantizeResult } from '../../protocol.ts';
import { describeSize, schemeSlug, type SchemeChoice } from '../describe.ts';
import { commonFolder } from '../paths.ts';
import type { Services } from '../services.ts';
import { readRunOptions } from '../settings.ts';
import { notify } from '../ui/notify.ts';
import { pickOutput } from '../ui/outputPick.ts';
import { pickScheme } from '../ui/schemePick.ts';
import { runWizard, type Step } from '../ui/wizard.ts';
import type { Command } from './command.ts';
import { draftFrom, taskNames, type QuantizeDraft } from './quantizeDraft.ts';
import { reveal } from '../reveal.ts';
import { selectedPaths } from './selection.ts';
import { answered, selectionSteps } from './selectionSteps.ts';

/** From the palette, the explorer or the checkpoint tree: asks for what is not clear, then runs the engine. */
export const quantize: Command = {
  id: 'tvq.quantize',
  needsTrust: true,
  async run(services, ...args) {
    const draft = await draftFrom(services.checkpoints, selectedPaths(args));
    if (draft === undefined) return;
    if (!(await runWizard(titleOf(draft), stepsOf(services, draft), answered(draft)))) return;
    const recipe = recipeOf(draft);
    const title = l10n.t('Quantizing to {0}', basename(recipe.output));
    const result = await services.jobs.run(title, (engine, options, hooks) =>
      engine.quantize(recipe, options, hooks),
    );
    await showResult(services, result);
  },
};

/** What was clicked stands in the title, because the steps that would show it are skipped. */
function titleOf({ base, tasks }: QuantizeDraft): string {
  if (base === undefined || tasks === undefined) return l10n.t('Quantize Task Vectors');
  const names = tasks.map(({ name }) => name);
  const what = names.length > 3 ? l10n.t('{0} checkpoints', names.length) : names.join(', ');
  return l10n.t('Quantize {0} (base model: {1})', what, base.name);
}

function stepsOf({ engine, log }: Services, draft: QuantizeDraft): Step[] {
  return [
    ...selectionSteps(draft),
    async at => {
      const options = readRunOptions();
      const plan = async (choices: readonly SchemeChoice[]): Promise<readonly PlanSummary[]> => {
        const recipes = choices.map(choice => {
          const output = { path: proposedOutput({ ...draft, choice }), overwrite: true };
          return recipeOf({ ...draft, choice, output });
        });
        return engine.planAll(recipes, options);
      };
      const answer = await pickScheme(at, required(draft.tasks).length, draft.choice, plan);
      if (typeof answer === 'string') return answer;
      draft.choice = answer;
      return 'next';
    },
    async at => {
      const kind = { extension: '.tvq', label: l10n.t('Task vectors') };
      const answer = await pickOutput(at, [{ path: proposedOutput(draft) }], kind);
      if (typeof answer === 'string') return answer;
      draft.output = answer;
      const { problems } = await engine.plan(recipeOf(draft), readRunOptions());
      for (const { severity, message } of problems) log[severity === 'error' ? 'error' : 'warn'](message);
      const fault = problems.find(({ severity }) => severity === 'error');
      if (fault) throw new Error(fault.message);
      return 'next';
    },
  ];
}

/** Beside the checkpoints, named after their folder and the scheme. */
function proposedOutput({ base, tasks, choice }: QuantizeDraft): string {
  const folder = commonFolder([required(base), ...required(tasks)].map(({ path }) => path));
  return join(folder, `${basename(folder) || required(base).name}-${schemeSlug(required(choice))}.tvq`);
}

function recipeOf({ base, tasks, choice, output }: QuantizeDraft): QuantizeRecipe {
  const { path, overwrite } = required(output);
  return {
    kind: 'quantize',
    base: required(base).path,
    tasks: taskNames(required(tasks)),
    output: path,
    ...required(choice),
    keep: [],
    overwrite,
  };
}

/** The wizard's order guarantees it; a defect there should be told, not quantized. */
function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('an earlier step has no answer');
  return value;
}

async function showResult({ log }: Services, result: QuantizeResult): Promise<void> {
  const { output, warnings, seconds, backendReason } = result;
  const size = describeSize(result);
  log.info(`Wrote ${output}: ${size}, ${seconds.toFixed(1)} s. ${backendReason}`);
  for (const warning of warnings) log.warn(warning);
  const open = l10n.t('Open');
  const show = l10n.t('Reveal');
  const wrote = l10n.t('Wrote {0}: {1}', basename(output), size);
  const more = warnings.length > 0 ? ` ${l10n.t('Warnings: {0}; see the log.', warnings.length)}` : '';
  const pressed = await notify(wrote + more, open, show);
  if (pressed === open) await commands.executeCommand('tvq.openInspector', Uri.file(output));
  if (pressed === show) await reveal(output);
}
