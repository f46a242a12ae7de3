/** How much room a file's header needs to record its budget and rules. */
import type { QuantizeRecipe, TensorRule } from '../../protocol/recipes.ts';

/** A recipe with the longest possible budget, measure and reconstruction, and without rules. */
export const budgetRoom = {
  budget: 'B'.repeat(100),
  sensitivity: 'relative',
  reconstruction: 'unbiased',
  rules: [],
} as const satisfies Partial<QuantizeRecipe>;

/** Bytes of the header that rules take, whole words of 8: the header holds them as JSON within JSON. */
export function rulesBytes(rules: readonly TensorRule[] = []): number {
  if (rules.length === 0) return 0;
  const text = JSON.stringify(JSON.stringify(rules));
  return 8 * Math.ceil(new TextEncoder().encode(text).length / 8);
}
