/** How much of the tensors' error counts. */
import type { QuantizeRecipe } from '../../../extension/protocol/recipes.ts';
import { measuresOf, type Budget } from '../../../extension/shared/allocation/index.ts';

export type MeasureName = NonNullable<QuantizeRecipe['sensitivity']>;

/** What a budget is spent by; `auto` is the engine's own choice. */
export type MeasureWish = MeasureName | 'auto';

/** The measure that counts. */
export const measureName = (wish: MeasureWish, budget: Budget['kind']): MeasureName =>
  measuresOf({ sensitivity: wish === 'auto' ? undefined : wish }, { kind: budget })[0]?.kind as MeasureName;
