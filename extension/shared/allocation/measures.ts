import type { QuantizeRecipe } from '../../protocol/recipes.ts';
import type { Budget } from './budget.ts';
import type { Measure } from './sensitivity.ts';

/**
 * How much an error in each tensor counts. By default, a size budget counts each tensor's relative error equally, which
 * keeps accuracy best (docs/accuracy.md), and an error budget that of the whole task vector. Weights multiply.
 */
export function measuresOf(
  { sensitivity, weights = {} }: Pick<QuantizeRecipe, 'sensitivity' | 'weights'>,
  { kind }: Pick<Budget, 'kind'>,
): Measure[] {
  const { patterns, tensors } = weights;
  return [
    { kind: sensitivity ?? (kind === 'error' ? 'energy' : 'relative') },
    ...(patterns ? [{ kind: 'patterns', patterns } as const] : []),
    ...(tensors ? [{ kind: 'file', weights: tensors } as const] : []),
  ];
}
