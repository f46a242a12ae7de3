import type { TensorFate } from '../../protocol/results.ts';
import { groupBy } from '../../shared/groupBy.ts';
import { elementCount } from '../../formats/dtype.ts';

/** Number of names given as examples. */
const MAX_NAMES = 3;

/** What happens to one tensor, and why. */
export interface Fated extends Pick<TensorFate, 'fate' | 'why'> {
  readonly tensor: string;
  readonly shape: readonly number[];
}

/** Tensors grouped by what happens to them, for plans and reports: nothing is copied, kept or left out silently. */
export const fatesOf = (tensors: readonly Fated[]): TensorFate[] =>
  [...groupBy(tensors, ({ fate, why }) => `${fate}\0${why}`).values()].map(group => {
    const { fate, why } = group[0] as Fated;
    return {
      fate,
      why,
      tensors: group.length,
      weights: group.reduce((sum, { shape }) => sum + elementCount(shape), 0),
      names: group.slice(0, MAX_NAMES).map(({ tensor }) => tensor),
    };
  });
