/** Tensors that could not be quantized, or hold what no model should: one line per checkpoint reports them. */
import type { QuantizeRecipe } from '../../protocol/recipes.ts';
import { listed } from '../../shared/listed.ts';
import { groupBy } from '../../shared/groupBy.ts';

export interface Unfit {
  /** Number of the vector in the file; undefined: the base model. */
  readonly output: number | undefined;
  /** `nonFinite`: it holds NaN or infinity; `range`: its difference from the base is too small or too large for a scale;
   * `ratio`: it or the base's holds 0 or less, or they differ too much for a ratio. */
  readonly why: 'nonFinite' | 'range' | 'ratio';
}

export interface UnfitTensor extends Unfit {
  readonly tensor: string;
}

/** @param firstTask number of the first task's vector in the file */
export function unfitWarnings(
  { base, tasks }: Pick<QuantizeRecipe, 'base' | 'tasks'>,
  firstTask: number,
  unfit: readonly UnfitTensor[],
): string[] {
  const groups = groupBy(unfit, ({ output, why }) => `${output} ${why}`);
  return [...groups.values()].map(members => {
    const [{ output, why }] = members as [UnfitTensor, ...UnfitTensor[]];
    const names = listed(members.map(({ tensor }) => tensor));
    if (output === undefined)
      return `${base}: NaN or infinite values in the base model's ${names}; each task's values there are stored exactly`;
    const file = tasks[output - firstTask]?.path ?? '';
    switch (why) {
      case 'nonFinite':
        return `${file}: NaN or infinite values in ${names}; stored exactly, they stay in the model`;
      case 'range':
        return `${file}: ${names} differ from the base by too little or too much for a scale; stored exactly`;
      case 'ratio':
        return `${file}: variances of 0 or less, or far from the base's, in ${names}; stored exactly`;
    }
  });
}
