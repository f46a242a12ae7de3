/** How tensors' errors are weighted. */
import type { QuantizeRecipe } from '../../../extension/protocol/recipes.ts';
import { measuresOf, type Budget } from '../../../extension/shared/allocation/index.ts';

export type MeasureName = NonNullable<QuantizeRecipe['sensitivity']>;

/** The measure that a budget is spent by; `auto` leaves it to the engine. */
export type MeasureWish = MeasureName | 'auto';

/** The measure that is actually used. */
export const measureName = (wish: MeasureWish, budget: Budget['kind']): MeasureName =>
  measuresOf({ sensitivity: wish === 'auto' ? undefined : wish }, { kind: budget })[0]?.kind as MeasureName;
