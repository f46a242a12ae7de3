/** One analysis, what is spent on it, and what that buys: the state that both tabs show. */
import type { AnalysisTable } from '../../../extension/protocol/analysis.ts';
import type { BudgetRecipe } from '../../../extension/protocol/studio.ts';
import { parseBudget, type Budget } from '../../../extension/shared/allocation/index.ts';
import { AllocationModel, type Spent } from './allocation.ts';
import { writtenBudget } from './budgetText.ts';
import { relativeSensitivity } from './cells.ts';
import { gridOf, type Grid } from './grid.ts';
import { History, onlyStep, type Steps } from './history.ts';
import { recipeOf, type Spending } from './spending.ts';

/** What listeners are told: whether more than the budget changed. */
export interface Change {
  readonly wishes: boolean;
}

export class StudioModel {
  readonly allocation: AllocationModel;
  readonly grid: Grid | undefined;
  readonly #history: History<Spending>;
  readonly #initial: Spending;
  readonly #onChange: (change: Change) => void;
  #budget!: Budget;
  #spent!: Spent;
  #sensitivity!: Float64Array;
  /** During a drag, what is shown is not yet all that the budget can buy. */
  #isQuick = false;

  /** @param steps what to spend at first, with its history; if that is not valid, `initial` is spent */
  constructor(
    table: AnalysisTable,
    steps: Steps<Spending>,
    initial: Spending,
    onChange: (change: Change) => void,
  ) {
    this.allocation = new AllocationModel(table);
    this.grid = gridOf(table);
    this.#initial = initial;
    this.#onChange = onChange;
    let first = steps;
    try {
      this.#solve(first.now);
    } catch {
      first = onlyStep(initial);
      this.#solve(first.now);
    }
    this.#history = new History(first);
  }

  get spending(): Spending {
    return this.#history.now;
  }

  /** What is spent, with its undo history. */
  get steps(): Steps<Spending> {
    return this.#history.steps;
  }

  get budget(): Budget {
    return this.#budget;
  }

  get spent(): Spent {
    return this.#spent;
  }

  /** By slot, per weight; 1 is the model's mean. */
  get sensitivity(): Float64Array {
    return this.#sensitivity;
  }

  /** What is shown, as a recipe for the engine. */
  get recipe(): BudgetRecipe {
    return recipeOf(this.spending, this.#spent);
  }

  get canUndo(): boolean {
    return this.#history.canUndo;
  }

  get canRedo(): boolean {
    return this.#history.canRedo;
  }

  /**
   * @param group steps of one drag are undone together
   * @throws AllocationError when it is not valid; nothing then changes
   */
  change(change: Partial<Spending>, group?: unknown): void {
    const next = { ...this.spending, ...change };
    this.#take(next, this.#solve(next), group);
  }

  /** Spends enough for a file of about this size, in the budget's unit; `settle` spends the rest. */
  drag(bytes: number, group: unknown): void {
    const { smallest, largest } = this.allocation.range;
    const size = Math.min(Math.max(bytes, smallest), largest);
    const error = this.allocation.errorAt(size);
    const { text, budget } = writtenBudget(this.#budget.kind, size, error, this.allocation.table);
    const next = { ...this.spending, budget: text };
    this.#take(next, this.#solve(next, budget, true), group);
  }

  /** To be called when a drag pauses. */
  settle(): void {
    if (this.#isQuick) this.#onChange({ wishes: this.#solve(this.spending, this.#budget) });
  }

  /** The same budget in another unit. */
  setUnit(kind: Budget['kind']): void {
    const { bytes, error } = this.#spent;
    this.change({ budget: writtenBudget(kind, bytes, error, this.allocation.table).text });
  }

  undo(): void {
    this.#history.undo();
    this.#onChange({ wishes: this.#solve(this.spending) });
  }

  redo(): void {
    this.#history.redo();
    this.#onChange({ wishes: this.#solve(this.spending) });
  }

  reset(): void {
    this.change(this.#initial);
  }

  #take(next: Spending, wishes: boolean, group: unknown): void {
    this.#history.push(next, group);
    this.#onChange({ wishes });
  }

  /** @param budget the spending's budget, parsed @returns whether more than the budget changed */
  #solve({ budget: text, measure, rules }: Spending, budget = parseBudget(text), quick = false): boolean {
    const wishes = this.allocation.set(measure, budget.kind, rules);
    this.#spent = this.allocation.spend(budget, quick);
    this.#budget = budget;
    this.#isQuick = quick;
    if (wishes) this.#sensitivity = relativeSensitivity(this.allocation);
    return wishes;
  }
}
