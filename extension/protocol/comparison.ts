/** How task vectors relate to each other. */
import * as z from 'zod';
import type { NamedPath } from './recipes.ts';

/** Where task vectors are: quantized in a .tvq file, or as the differences of checkpoints from their base. */
export type TaskVectors =
  { readonly file: string } | { readonly base: string; readonly tasks: readonly NamedPath[] };

/** How many tensors are compared, spread evenly over the model; undefined: all. JSON has null for undefined. */
export const most = z
  .int()
  .min(1)
  .nullish()
  .transform(count => count ?? undefined);

/** How task vectors relate to each other: matrices by task, over the tensors that all have. */
export interface TaskComparisons {
  readonly tasks: readonly string[];
  /** Tensors compared, and those that could have been. */
  readonly tensors: number;
  readonly comparable: number;
  /** Tensors that some task lacks or has in another shape; in a file, also those stored exactly or moved by no task. */
  readonly leftOut: number;
  /** Weights compared. */
  readonly weights: number;
  /** ‖τ‖ over the compared tensors. */
  readonly norms: readonly number[];
  /** null if one of the two is zero. */
  readonly cosines: readonly (readonly (number | null)[])[];
  /** Share of the weights moved by both that they move in the same direction; null if there are none. */
  readonly agreement: readonly (readonly (number | null)[])[];
  /** Share of all weights that both move. */
  readonly together: readonly (readonly number[])[];
}
