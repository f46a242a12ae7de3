import type { MergeRecipe } from '../../../protocol/recipes.ts';
import { fileFact, type RunIdentity } from './runIdentity.ts';
import type { MergePlan } from '../plan.ts';

/** The parts of a recipe that affect what is written or reported, in words; not where it goes and how it is replaced. */
const FACTS: Readonly<Partial<Record<keyof MergeRecipe, string>>> = {
  base: 'base',
  inputs: 'list of inputs',
  method: 'method',
  parameters: 'value of a parameter',
  inputParameters: 'weight or parameter of an input',
  lines: 'setting of LiNeS',
  dtype: 'dtype',
  onMismatch: 'handling of mismatches',
  map: 'map of names',
  shardBytes: 'size of weight files',
  allowNonfinite: 'handling of NaN and infinity',
  compare: 'list of checkpoints to compare with',
};

/** A merge is identified by its recipe, and by its inputs' sizes and times when their headers were read. */
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
