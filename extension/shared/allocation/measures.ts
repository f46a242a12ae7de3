import type { QuantizeRecipe } from '../../protocol.ts';
import type { Budget } from './budget.ts';
import type { Measure } from './sensitivity.ts';

/**
 * How much an error in each tensor counts. Without a wish: for a size, each tensor's relative error alike, which holds
 * accuracy best (docs/accuracy.md); for an error, that of the whole task vector.
 */
export const measuresOf = (
  { sensitivity }: Pick<QuantizeRecipe, 'sensitivity'>,
  { kind }: Pick<Budget, 'kind'>,
): Measure[] => [{ kind: sensitivity ?? (kind === 'error' ? 'energy' : 'relative') }];
