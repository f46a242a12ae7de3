/** Which span of a tensor is in memory, or on its way there: as long as it stays, it is read once. */
export class LoadedSpan {
  #loaded: { readonly first: number; readonly done: Promise<void> } | undefined;

  /** Its first element. */
  get first(): number {
    if (!this.#loaded) throw new Error('no span was loaded');
    return this.#loaded.first;
  }

  /** Starts to read the span that begins with `first` unless it is there; resolves when it is. */
  load(first: number, read: () => Promise<void>): Promise<void> {
    if (this.#loaded?.first !== first) this.#loaded = { first, done: read() };
    return this.#loaded.done;
  }
}
