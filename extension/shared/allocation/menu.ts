import { AllocationError } from './errors.ts';
import type { Base, Choice, Limits, Slot } from './model.ts';
import type { Rows } from './rows.ts';

/**
 * Writes a slot's Pareto front to `rows`: of the choices that its limits allow, those that no other dominates, smallest
 * first; `slot` is the offset, `ref` the position in `choices`.
 * @returns false if the limits allow nothing
 * @throws AllocationError when a value is not valid
 */
export function pushFront(
  rows: Rows,
  name: string,
  offset: number,
  { weight = 1, limits }: Slot,
  choices: readonly Choice[],
): boolean {
  checkWeight(name, weight);
  const start = rows.length;
  for (let i = 0; i < choices.length; i++) {
    const choice = choices[i] as Choice;
    checkChoice(name, weight, choice);
    if (admits(limits, choice.codec)) rows.push(choice.bytes, weight * choice.error, offset, i);
  }
  rows.keepFront(start);
  return rows.length > start;
}

/** Positions of the base's choices that its limits allow. */
export function admittedBases(name: string, { choices, weight = 1, limits }: Base): number[] {
  checkWeight(name, weight);
  for (const choice of choices) checkChoice(name, weight, choice);
  return [...choices.keys()].filter(position => admits(limits, (choices[position] as Choice).codec));
}

function checkWeight(name: string, weight: number): void {
  if (!isAmount(weight)) {
    throw new AllocationError(`${name}: a sensitivity must be 0 or more, and finite; it is ${weight}`);
  }
}

function checkChoice(name: string, weight: number, { codec, bytes, error }: Choice): void {
  if (!Number.isSafeInteger(bytes) || bytes < 0 || !isAmount(weight * error)) {
    throw new AllocationError(`${name}: codec ${codec} has ${bytes} bytes and an error of ${error}`);
  }
}

const isAmount = (value: number) => value >= 0 && value < Infinity;

/** Whether a codec may be chosen. A pin overrides the other limits. */
function admits(limits: Limits | undefined, codec: number): boolean {
  if (!limits) return true;
  const { min = -Infinity, max = Infinity, pinned } = limits;
  return pinned === undefined ? codec >= min && codec <= max : codec === pinned;
}
