/** Steps kept in each direction; more than anyone undoes. */
const MOST = 50;

/** A value with the steps that led to it, latest last, and the undone steps, the next to redo last. */
export interface Steps<T> {
  readonly past: readonly T[];
  readonly now: T;
  readonly future: readonly T[];
}

/** A value without a history. */
export const onlyStep = <T>(now: T): Steps<T> => ({ past: [], now, future: [] });

/** A value with its past. Consecutive steps with the same `group` (one drag) are undone together. */
export class History<T> {
  #steps: Steps<T>;
  #group: unknown;

  constructor(steps: Steps<T>) {
    this.#steps = steps;
  }

  get steps(): Steps<T> {
    return this.#steps;
  }

  get now(): T {
    return this.#steps.now;
  }

  get canUndo(): boolean {
    return this.#steps.past.length > 0;
  }

  get canRedo(): boolean {
    return this.#steps.future.length > 0;
  }

  /** @param group what the step belongs to; undefined: it stands alone */
  push(next: T, group?: unknown): void {
    const { past, now } = this.#steps;
    const alone = group === undefined || group !== this.#group;
    this.#steps = { past: alone ? [...past, now].slice(-MOST) : past, now: next, future: [] };
    this.#group = group;
  }

  undo(): void {
    const { past, now, future } = this.#steps;
    if (past.length === 0) return;
    this.#group = undefined;
    this.#steps = { past: past.slice(0, -1), now: past.at(-1) as T, future: [...future, now] };
  }

  redo(): void {
    const { past, now, future } = this.#steps;
    if (future.length === 0) return;
    this.#group = undefined;
    this.#steps = { past: [...past, now], now: future.at(-1) as T, future: future.slice(0, -1) };
  }
}
