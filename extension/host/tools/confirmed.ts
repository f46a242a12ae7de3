/**
 * What the user was asked about: a link that leads elsewhere when a tool acts than it did when it asked would make the
 * answer one to another question. No `vscode` here: tests run it as it is.
 */

/** Questions kept: an answer comes soon, or never. */
const MAX_KEPT = 100;

export class Confirmed<Recipe> {
  readonly #asked = new Map<string, string>();

  /** @param input as the tool was given it @param recipe what the user is shown of it */
  ask(input: unknown, recipe: Recipe): void {
    const key = JSON.stringify(input);
    this.#asked.delete(key);
    this.#asked.set(key, JSON.stringify(recipe));
    const [oldest] = this.#asked.keys();
    if (this.#asked.size > MAX_KEPT && oldest !== undefined) this.#asked.delete(oldest);
  }

  /** Throws when the same input means something else by now. */
  check(input: unknown, recipe: Recipe): void {
    const asked = this.#asked.get(JSON.stringify(input));
    if (asked !== undefined && asked !== JSON.stringify(recipe))
      throw new Error('A path no longer leads where it did when it was confirmed: ask again.');
  }
}
