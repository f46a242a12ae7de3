/** The allocation of one analysis under changing budgets, measures and rules: what all tabs show. */
import type { AnalysisTable } from '../../../extension/protocol/analysis.ts';
import type { TensorRule } from '../../../extension/protocol/recipes.ts';
import {
  EXACT,
  budgetBytes,
  fixedGroup,
  groupsOf,
  lastAtMost,
  prepare,
  slotGroup,
  solve,
  solveForError,
  update,
  weightsOf,
  wishesOf,
  type Allocation,
  type Budget,
  type Group,
  type Prepared,
  type RatePoint,
  type Wish,
} from '../../../extension/shared/allocation/index.ts';
import { measureName, type MeasureName, type MeasureWish } from './measureWish.ts';

/** What a budget bought. */
export interface Spent {
  /** Of the whole file. */
  readonly bytes: number;
  /** Σ ‖τ̂ − τ‖² / Σ ‖τ‖². */
  readonly error: number;
  /** By slot: the number of its choice in the table, or EXACT. */
  readonly choices: Int32Array;
  /** Which end of the possible range the budget exceeds; undefined if it lies within. */
  readonly limit: 'smallest' | 'largest' | undefined;
}

export class AllocationModel {
  /** Σ ‖τ‖², including variances. */
  readonly energy: number;
  /** Values of each slot's tensor. */
  readonly elements: Float64Array;
  #measure: MeasureName | undefined;
  #rules: readonly TensorRule[] | undefined;
  #weights: readonly number[] = [];
  #wishes: readonly Wish[] = [];
  #prepared!: Prepared;
  #errors: Float64Array | undefined;
  readonly #fixedError: number;

  constructor(readonly table: AnalysisTable) {
    const { slots, tensors } = table;
    const sizes = tensors.map(({ shape }) => shape.reduce((product, size) => product * size, 1));
    this.elements = Float64Array.from(slots.tensor, tensor => sizes[tensor] as number);
    this.energy = sum(slots.energy) + sum(table.fixedEnergy);
    this.#fixedError = sum(table.fixedError);
  }

  /** Wishes by slot. */
  get wishes(): readonly Wish[] {
    return this.#wishes;
  }

  /** How much the error of each slot counts. */
  get weights(): readonly number[] {
    return this.#weights;
  }

  /** The range of possible file sizes. */
  get range(): { readonly smallest: number; readonly largest: number } {
    const { smallest, largest } = this.#prepared;
    return { smallest: smallest.bytes, largest: largest.bytes };
  }

  /**
   * Applies new wishes; cheap for what did not change, and if few rules did.
   * @returns whether anything changed
   * @throws AllocationError when a rule is not valid; the previous state then stays
   */
  set(wish: MeasureWish, budget: Budget['kind'], rules: readonly TensorRule[]): boolean {
    const measure = measureName(wish, budget);
    if (measure !== this.#measure) {
      const wishes = wishesOf(this.table, rules);
      const measures = [{ kind: measure }];
      this.#prepared = prepare(groupsOf(this.table, measures, rules));
      this.#weights = weightsOf(this.table, measures);
      this.#wishes = wishes;
    } else if (rules !== this.#rules) {
      this.#change(wishesOf(this.table, rules), rules);
    } else return false;
    this.#measure = measure;
    this.#rules = rules;
    this.#errors = undefined;
    return true;
  }

  /**
   * The best allocation for a budget, or the nearest possible one if the budget is out of range.
   * @param quick leaves unspent what is too little for the next step, which is negligible in a large model
   */
  spend(budget: Budget, quick = false): Spent {
    const { smallest, largest, bytes: steps } = this.#prepared;
    if (budget.kind === 'error') {
      const target = budget.relative * this.#weightedEnergy();
      if (target < largest.error) return this.#spent(this.#within(largest.bytes), 'largest');
      return this.#spent(
        solveForError(this.#prepared, target),
        target > smallest.error ? 'smallest' : undefined,
      );
    }
    const bytes = budgetBytes(budget, this.table);
    if (bytes < smallest.bytes) return this.#spent(this.#within(smallest.bytes), 'smallest');
    const size = quick ? (steps[lastAtMost(steps, bytes)] as number) : bytes;
    return this.#spent(this.#within(size), bytes > largest.bytes ? 'largest' : undefined);
  }

  /** Relative error of files by size, at most `count` points, sizes growing by a factor. */
  curve(count: number): RatePoint[] {
    const { bytes } = this.#prepared;
    const errors = (this.#errors ??= this.#unweighted());
    const last = bytes.length - 1;
    const [from, to] = [bytes[0] as number, bytes[last] as number];
    const points: RatePoint[] = [];
    let seen = -1;
    for (let i = 0; i < count; i++) {
      const at = i === count - 1 ? last : lastAtMost(bytes, from * (to / from) ** (i / (count - 1)));
      const step = Math.max(0, at);
      if (step > seen) points.push({ bytes: bytes[step] as number, error: errors[step] as number });
      seen = step;
    }
    return points;
  }

  /** Approximate relative error of a file of this size. */
  errorAt(size: number): number {
    const errors = (this.#errors ??= this.#unweighted());
    return errors[Math.max(0, lastAtMost(this.#prepared.bytes, size))] as number;
  }

  /** Bytes of a slot's choice. */
  bytesOf(slot: number, choice: number): number {
    const { slots, choices } = this.table;
    return (choice === EXACT ? slots.exactBytes[slot] : choices.bytes[choice]) as number;
  }

  /** ‖τ̂ − τ‖² of a slot's choice. */
  errorOf(choice: number): number {
    return choice === EXACT ? 0 : (this.table.choices.error[choice] as number);
  }

  /** An allocation that a budget of its own size reproduces, so that the engine, given that budget, agrees. */
  #within(bytes: number): Allocation {
    for (let allocation = solve(this.#prepared, bytes); ;) {
      if (allocation.bytes === bytes) return allocation;
      bytes = allocation.bytes;
      allocation = solve(this.#prepared, bytes);
    }
  }

  #change(wishes: readonly Wish[], rules: readonly TensorRule[]): void {
    const changes = new Map<number, Group>([[wishes.length, fixedGroup(this.table, rules)]]);
    for (const [slot, wish] of wishes.entries()) {
      if (isSame(wish, this.#wishes[slot] as Wish)) continue;
      changes.set(slot, slotGroup(this.table, slot, this.#weights[slot] as number, wish));
    }
    this.#prepared = update(this.#prepared, changes);
    this.#wishes = wishes;
  }

  #spent(allocation: Allocation, limit: Spent['limit']): Spent {
    const count = this.elements.length;
    const choices = new Int32Array(count);
    let error = this.#fixedError;
    for (let slot = 0; slot < count; slot++) {
      const choice = allocation.chosen(slot).offsets[0]?.codec as number;
      choices[slot] = choice;
      error += this.errorOf(choice);
    }
    return { bytes: allocation.bytes, error: this.energy > 0 ? error / this.energy : 0, choices, limit };
  }

  #weightedEnergy(): number {
    const { energy } = this.table.slots;
    return this.#weights.reduce((total, weight, slot) => total + weight * (energy[slot] as number), 0);
  }

  /** Unweighted relative error after each step; the allocator's own totals are weighted. */
  #unweighted(): Float64Array {
    const { owners, error, frontiers } = this.#prepared;
    const plain = (slot: number, weighted: number): number => {
      const weight = this.#weights[slot] as number;
      return weight > 0 ? weighted / weight : 0;
    };
    const errors = new Float64Array(error.length);
    let total = this.#fixedError;
    for (let slot = 0; slot < this.elements.length; slot++) {
      const { rows, to } = frontiers[slot] as (typeof frontiers)[number];
      total += plain(slot, rows.error[to - 1] as number);
    }
    // From the end, where errors are small.
    for (let step = owners.length; ; step--) {
      errors[step] = total / this.energy;
      if (step === 0) return errors;
      const gain = (error[step - 1] as number) - (error[step] as number);
      total += plain(owners[step - 1] as number, gain);
    }
  }
}

const isSame = (a: Wish, b: Wish): boolean => a.bits === b.bits && a.min === b.min && a.max === b.max;

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i] as number;
  return total;
}
