import { convexHull, isFront, paretoFront, type Columns } from './hull.ts';

/**
 * A growing table of points in typed columns. A model has hundreds of thousands of them: as objects they would take
 * longer to garbage-collect than to compute.
 */
export class Rows implements Columns {
  bytes: Float64Array;
  /** Weighted. */
  error: Float64Array;
  /** Two numbers that belong to whoever writes the row. */
  slot: Uint32Array;
  ref: Uint32Array;
  length = 0;

  /** @param capacity expected rows; more are possible */
  constructor(capacity: number) {
    this.bytes = new Float64Array(capacity);
    this.error = new Float64Array(capacity);
    this.slot = new Uint32Array(capacity);
    this.ref = new Uint32Array(capacity);
  }

  push(bytes: number, error: number, slot: number, ref: number): void {
    if (this.length === this.bytes.length) this.grow();
    this.bytes[this.length] = bytes;
    this.error[this.length] = error;
    this.slot[this.length] = slot;
    this.ref[this.length] = ref;
    this.length++;
  }

  /** Keeps only the Pareto front of the rows from `start` to the end. */
  keepFront(start: number): void {
    if (!isFront(this, start, this.length)) this.keep(start, paretoFront(this, start, this.length));
  }

  /** Keeps only the lower convex hull of the rows from `start` to the end, which must be a Pareto front. */
  keepHull(start: number): void {
    this.keep(start, convexHull(this, start, this.length));
  }

  /** Replaces all rows from `start` with `kept`, in that order. */
  private keep(start: number, kept: readonly number[]): void {
    for (const column of [this.bytes, this.error, this.slot, this.ref]) {
      column.set(
        kept.map(row => column[row] as number),
        start,
      );
    }
    this.length = start + kept.length;
  }

  private grow(): void {
    const capacity = 2 * this.length + 16;
    const { bytes, error, slot, ref } = this;
    (this.bytes = new Float64Array(capacity)).set(bytes);
    (this.error = new Float64Array(capacity)).set(error);
    (this.slot = new Uint32Array(capacity)).set(slot);
    (this.ref = new Uint32Array(capacity)).set(ref);
  }
}
