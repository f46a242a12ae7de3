/** What a merge plan says, worded for the wizard. */
import { l10n } from 'vscode';
import { formatBytes } from '../../shared/format.ts';
import type { MergeRecipe } from '../../protocol/recipes.ts';
import type { MergePlanSummary } from '../../protocol/results.ts';
import { messageOf } from '../errors.ts';

export interface PlanView {
  /** "writes 51.6 kB, needs 34 MB of memory"; undefined when there is no plan. */
  readonly size: string | undefined;
  /** Why it cannot be run. */
  readonly fault: string | undefined;
  readonly warnings: readonly string[];
}

/** Requests a plan; if the engine refuses altogether, that is a fault too. */
export async function viewPlan(
  recipe: MergeRecipe,
  planMerge: (recipe: MergeRecipe) => Promise<MergePlanSummary>,
): Promise<PlanView> {
  try {
    const { bytes, memory, problems } = await planMerge(recipe);
    const messages = (wanted: string) =>
      problems.filter(({ severity }) => severity === wanted).map(({ message }) => message);
    return {
      size: l10n.t('writes {0}, needs {1} of memory', formatBytes(bytes), formatBytes(memory)),
      fault: messages('error')[0],
      warnings: messages('warning'),
    };
  } catch (error) {
    return { size: undefined, fault: messageOf(error), warnings: [] };
  }
}
