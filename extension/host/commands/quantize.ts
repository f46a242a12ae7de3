import { basename, join } from 'node:path';
import { l10n } from 'vscode';
import type { QuantizeRecipe } from '../../protocol/recipes.ts';
import type { PlanSummary } from '../../protocol/results.ts';
import { schemeSlug } from '../describe.ts';
import type { QuantizeSettings } from '../../shared/presets.ts';
import { startWriting } from '../jobs/again.ts';
import { commonFolder } from '../commonFolder.ts';
import type { Services } from '../services.ts';
import { readRunOptions } from '../settings.ts';
import { pickOutput } from '../ui/outputPick.ts';
import { pickScheme } from '../ui/schemePick.ts';
import { required, runWizard, type Step } from '../ui/wizard.ts';
import type { Run } from './command.ts';
import { draftFrom, taskNames, type QuantizeDraft } from './quantizeDraft.ts';
import { selectedPaths } from './selection.ts';
import { answered, selectionSteps } from './selectionSteps.ts';

/** From the palette, the explorer or the checkpoint tree: asks for what is not clear, then runs the engine. */
export const run: Run = async (services, ...args) => {
  const draft = await draftFrom(services.checkpoints, selectedPaths(args));
  if (draft === undefined) return;
  if (!(await runWizard(titleOf(draft), stepsOf(services, draft), answered(draft)))) return;
  await startWriting(services, recipeOf(draft));
};

/** The title names what was clicked, because the steps that would show it are skipped. */
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
      const plan = async (choices: readonly QuantizeSettings[]): Promise<readonly PlanSummary[]> => {
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

/** An output beside the checkpoints, named after their folder and the scheme. */
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
