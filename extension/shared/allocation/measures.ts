import type { QuantizeRecipe } from '../../protocol/recipes.ts';
import type { Budget } from './budget.ts';
import type { Measure } from './sensitivity.ts';

/**
 * How much an error in each tensor counts. Without a wish: for a size, each tensor's relative error alike, which holds
 * accuracy best (docs/accuracy.md); for an error, that of the whole task vector. Weights of single tensors multiply.
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
