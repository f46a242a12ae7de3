/** Anything that gives its resources back once. */
export interface Releasable {
  dispose(): unknown;
}

/** Owns what it registers and gives it back in reverse order. */
export abstract class Disposable {
  private readonly owned: Releasable[] = [];
  private gone = false;

  /** Ties `value` to this object's life and returns it; at once given back when this object is gone already. */
  protected _register<T extends Releasable>(value: T): T {
    if (this.gone) value.dispose();
    else this.owned.push(value);
    return value;
  }

  dispose(): void {
    this.gone = true;
    for (const value of this.owned.splice(0).reverse()) value.dispose();
  }
}
