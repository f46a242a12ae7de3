/** How long the header of a file becomes that says what its budget and rules were. */
import type { QuantizeRecipe, TensorRule } from '../../protocol/recipes.ts';

/** A recipe whose budget, measure and reconstruction are as long as any, and whose rules take no room. */
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
