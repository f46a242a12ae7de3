import type { QuantizeRecipe } from '../../protocol.ts';
import type { Budget } from './budget.ts';
import { measureOf, type Measure } from './sensitivity.ts';

/**
 * How much an error in each tensor counts: the measure that was wished for, times the weights of single tensors.
 */
export function measuresOf(
  { sensitivity, weights = {} }: Pick<QuantizeRecipe, 'sensitivity' | 'weights'>,
  { kind }: Budget,
): Measure[] {
  const { patterns, tensors } = weights;
  return [
    measureOf(sensitivity, kind),
    ...(patterns ? [{ kind: 'patterns', patterns } as const] : []),
    ...(tensors ? [{ kind: 'file', weights: tensors } as const] : []),
  ];
}
