/**
 * What the user confirmed: if a link leads elsewhere when a tool acts than when it asked, the answer no longer applies.
 * No `vscode` here, so that tests can run it.
 */

/** Number of questions kept: an answer comes soon, or never. */
const MAX_KEPT = 100;

export class Confirmed<Recipe> {
  readonly #asked = new Map<string, string>();

  /** @param input as passed to the tool @param recipe what the user is shown of it */
  ask(input: unknown, recipe: Recipe): void {
    const key = JSON.stringify(input);
    this.#asked.delete(key);
    this.#asked.set(key, JSON.stringify(recipe));
    const [oldest] = this.#asked.keys();
    if (this.#asked.size > MAX_KEPT && oldest !== undefined) this.#asked.delete(oldest);
  }

  /** Throws if the same input now means something else. */
  check(input: unknown, recipe: Recipe): void {
    const asked = this.#asked.get(JSON.stringify(input));
    if (asked !== undefined && asked !== JSON.stringify(recipe))
      throw new Error('A path no longer leads where it did when it was confirmed: ask again.');
  }
}
