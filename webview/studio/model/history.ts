/** Steps that are kept; more than anyone goes back. */
const MOST = 200;

/** A value with its past. Steps in a row with the same `group` (one drag) are taken back at once. */
export class History<T> {
  readonly #past: T[] = [];
  readonly #future: T[] = [];
  #now: T;
  #group: unknown;

  constructor(now: T) {
    this.#now = now;
  }

  get now(): T {
    return this.#now;
  }

  get canUndo(): boolean {
    return this.#past.length > 0;
  }

  get canRedo(): boolean {
    return this.#future.length > 0;
  }

  /** @param group what the step belongs to; undefined: it stands alone */
  push(next: T, group?: unknown): void {
    if (group === undefined || group !== this.#group) {
      this.#past.push(this.#now);
      if (this.#past.length > MOST) this.#past.shift();
    }
    this.#future.length = 0;
    this.#group = group;
    this.#now = next;
  }

  undo(): void {
    this.#move(this.#past, this.#future);
  }

  redo(): void {
    this.#move(this.#future, this.#past);
  }

  #move(from: T[], to: T[]): void {
    const value = from.pop();
    if (value === undefined) return;
    to.push(this.#now);
    this.#now = value;
    this.#group = undefined;
  }
}
