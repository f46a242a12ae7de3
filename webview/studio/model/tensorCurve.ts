import { curve, prepare, slotGroup } from '../../../extension/shared/allocation/index.ts';
import type { AllocationModel } from './allocation.ts';

/** Combined relative error of some slots by bits per weight, all weights counting equally. */
export function tensorCurve(
  { table, elements }: AllocationModel,
  slots: readonly number[],
  points: number,
): { readonly x: number; readonly error: number }[] {
  const [weights, energy] = slots.reduce(
    ([w, e], slot) => [w + (elements[slot] as number), e + (table.slots.energy[slot] as number)],
    [0, 0],
  );
  if (weights === 0 || energy === 0) return [];
  const prepared = prepare(slots.map(slot => slotGroup(table, slot, 1)));
  return curve(prepared, points).map(({ bytes, error }) => ({
    x: (8 * bytes) / weights,
    error: error / energy,
  }));
}
