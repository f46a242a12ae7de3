import { translatable, type Message } from './translatable.ts';
import type { MergeRecipe } from '../protocol/recipes.ts';

export type OnMismatch = MergeRecipe['onMismatch'];

/** What can be done with tensors that some model lacks or has in another shape, in the order offered. */
export const ON_MISMATCH: readonly { readonly name: OnMismatch; readonly meaning: Message }[] = [
  { name: 'error', meaning: translatable('Nothing is merged, and the tensors are named') },
  { name: 'base', meaning: translatable("The base's are kept") },
  {
    name: 'first',
    meaning: translatable('They are taken from the first model that has them, with its config and tokenizer'),
  },
  {
    name: 'rows',
    meaning: translatable(
      "Those with more or fewer rows or channels are cut, or filled up with the base's, to its size, and merged",
    ),
  },
  { name: 'skip', meaning: translatable('They are left out') },
];
