import { l10n } from 'vscode';
import type { QuantizeRecipe } from '../../protocol/recipes.ts';
import type { PlanSummary } from '../../protocol/results.ts';
import { describeScheme, describeSize, displayPath } from '../describe.ts';
import { quantizeJob } from '../jobs/quantizing.ts';
import { readRunOptions } from '../settings.ts';
import { facts, paragraphs } from '../ui/facts.ts';
import { Confirmed } from './confirmed.ts';
import { quantizeRecipe } from './recipes.ts';
import { refuseProblems, workspaceFolders, type Tool } from './tool.ts';

const confirmed = new Confirmed<QuantizeRecipe>();

export const quantizeTaskVectors: Tool = {
  async prepare({ engine }, input) {
    const recipe = quantizeRecipe(input, workspaceFolders());
    const plan = await engine.plan(recipe, readRunOptions());
    refuseProblems(plan.problems);
    confirmed.ask(input, recipe);
    return {
      invocationMessage: paragraphs([quantizeJob(recipe).title(recipe)]),
      confirmationMessages: { title: l10n.t('Quantize Task Vectors'), message: describe(recipe, plan) },
    };
  },
  async invoke({ writing }, input, cancel) {
    const recipe = quantizeRecipe(input, workspaceFolders());
    confirmed.check(input, recipe);
    return writing.run(quantizeJob(recipe), { cancel, ask: false });
  },
};

/** With a budget, bits and size are known only after everything has been read. */
function describe({ base, tasks, output, budget, ...choice }: QuantizeRecipe, plan: PlanSummary) {
  const scheme = describeScheme(budget === undefined ? choice : { ...choice, bits: undefined });
  return facts(undefined, [
    [l10n.t('Base model'), displayPath(base)],
    ...tasks.map(({ name, path }): [string, string] => [l10n.t('Task {0}', name), displayPath(path)]),
    [l10n.t('Scheme'), scheme],
    [l10n.t('Output'), displayPath(output)],
    [l10n.t('Size'), budget === undefined ? `≈ ${describeSize(plan)}` : l10n.t('budget {0}', budget)],
  ]);
}
