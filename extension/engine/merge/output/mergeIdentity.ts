import type { MergeRecipe } from '../../../protocol/recipes.ts';
import { fileFact, type RunIdentity } from './runIdentity.ts';
import type { MergePlan } from '../plan.ts';

/** What of a recipe changes what is written or reported, in words; where it goes and how it is replaced does not. */
const FACTS: Readonly<Partial<Record<keyof MergeRecipe, string>>> = {
  base: 'base',
  inputs: 'list of inputs',
  method: 'method',
  parameters: 'value of a parameter',
  inputParameters: 'weight or parameter of an input',
  lines: 'setting of LiNeS',
  dtype: 'dtype',
  onMismatch: 'handling of mismatches',
  shardBytes: 'size of weight files',
  allowNonfinite: 'handling of NaN and infinity',
  compare: 'list of checkpoints to compare with',
};

/** A merge is told by its recipe, and by its inputs' sizes and times as they were when their headers were read. */
export const mergeIdentity = ({ recipe, stamps }: MergePlan): RunIdentity => ({
  ...Object.fromEntries(
    Object.entries(FACTS).map(([key, fact]) => [
      fact,
      JSON.stringify(recipe[key as keyof MergeRecipe] ?? null),
    ]),
  ),
  ...Object.fromEntries(
    stamps.map(({ file, bytes, modified, changed }) => [
      fileFact(file),
      [bytes, modified, changed].join(' '),
    ]),
  ),
});
