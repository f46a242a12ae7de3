/** A file's actual error, to compare with the prediction. */
import type { QuantizeResult } from '../../../extension/protocol/results.ts';
import { EXACT } from '../../../extension/shared/allocation/index.ts';
import type { AllocationModel, Spent } from './allocation.ts';

/** Σ ‖τ̂ − τ‖² / Σ ‖τ‖² of a file: the errors in its result are by task, and leave out what is stored exactly. */
export function measuredError(
  { table, energy }: AllocationModel,
  { choices }: Pick<Spent, 'choices'>,
  { relativeErrors }: Pick<QuantizeResult, 'relativeErrors'>,
): number {
  const relative = (task: number) => relativeErrors[task] as number;
  let error = Array.from(table.fixedEnergy).reduce(
    (sum, one, task) => sum + (one && one * relative(task)),
    0,
  );
  for (let slot = 0; slot < choices.length; slot++) {
    if (choices[slot] === EXACT) continue;
    error += relative(table.slots.task[slot] as number) * (table.slots.energy[slot] as number);
  }
  return energy > 0 ? error / energy : 0;
}
