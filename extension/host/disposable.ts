/** Anything that releases its resources once. */
export interface Releasable {
  dispose(): unknown;
}

/** Owns what it registers and releases it in reverse order. */
export abstract class Disposable {
  private readonly owned: Releasable[] = [];
  private gone = false;

  /** Ties `value` to this object's life and returns it; disposes of it at once if this object is already disposed of. */
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
