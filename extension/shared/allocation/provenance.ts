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
  return 8 * Math.ceil(utf8Bytes(JSON.stringify(JSON.stringify(rules))) / 8);
}

/** Counted here: `TextEncoder` is of Node or of a page, and this is used in both. */
function utf8Bytes(text: string): number {
  const ends = [0x7f, 0x7ff, 0xffff];
  const bytesOf = (letter: string): number => 1 + ends.filter(end => letter.codePointAt(0)! > end).length;
  return [...text].reduce((bytes, letter) => bytes + bytesOf(letter), 0);
}
