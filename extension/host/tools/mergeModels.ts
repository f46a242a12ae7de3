import { basename } from 'node:path';
import { l10n } from 'vscode';
import { formatBytes } from '../../shared/format.ts';
import type { MergeRecipe } from '../../protocol/recipes.ts';
import type { MergePlanSummary } from '../../protocol/results.ts';
import { displayPath } from '../describe.ts';
import { mergeJob } from '../jobs/merging.ts';
import { methodOf } from '../merge/studioRecipe.ts';
import { readAllowNonfinite, readRunOptions } from '../settings.ts';
import { facts, paragraphs } from '../ui/facts.ts';
import { Confirmed } from './confirmed.ts';
import { mergeRecipe } from './recipes.ts';
import { refuseProblems, workspaceFolders, type Tool } from './tool.ts';

const confirmed = new Confirmed<MergeRecipe>();

export const mergeModels: Tool = {
  async prepare({ engine }, input) {
    const recipe = mergeRecipe(input, workspaceFolders());
    const plan = await engine.planMerge(recipe, readRunOptions());
    refuseProblems(plan.problems);
    confirmed.ask(input, recipe);
    return {
      invocationMessage: paragraphs([titleOf(recipe)]),
      confirmationMessages: { title: l10n.t('Merge Models'), message: describe(recipe, plan) },
    };
  },
  async invoke({ checkpoints, engine, writing }, input, cancel) {
    const asked = mergeRecipe(input, workspaceFolders());
    confirmed.check(input, asked);
    const method = methodOf(await engine.methods(null, readRunOptions()), asked.method);
    const recipe = { ...asked, allowNonfinite: readAllowNonfinite() };
    const result = await writing.run(mergeJob(recipe, method), { cancel, ask: false });
    // When a folder appears by a rename, its content is not always reported.
    checkpoints.refresh();
    return result;
  },
};

const titleOf = ({ output, method }: MergeRecipe): string =>
  l10n.t('Merging to {0} with {1}', basename(output), method);

/** Names every parameter, including defaults: they decide what is merged. */
function describe({ base, inputs, method, output }: MergeRecipe, plan: MergePlanSummary) {
  const values = Object.entries(plan.parameters).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return facts(undefined, [
    [l10n.t('Base model'), base === undefined ? undefined : displayPath(base)],
    ...inputs.map(({ name, path, task }): [string, string] => [
      l10n.t('Model {0}', name),
      task === undefined ? displayPath(path) : l10n.t('{0}, task {1}', displayPath(path), task),
    ]),
    [l10n.t('Method'), [method, ...values].join(' · ')],
    [l10n.t('Output'), displayPath(output)],
    [l10n.t('Size'), `≈ ${formatBytes(plan.bytes)}`],
  ]);
}
