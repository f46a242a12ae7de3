import type { TensorMap, TensorValues } from '../../protocol/tensors.ts';
import type { Extent } from '../../../kernels/stages/extent.ts';

/** Bins of a value histogram. */
const BINS = 64;
/** Cells of a map along each side, at most. */
const MOST_CELLS = 64;
/** Digits of a map's cells: more than a colour or a table can show. */
const MAP_DIGITS = 4;

/** A tensor as a matrix: the first dimension by all others; a vector is one row. */
function matrixOf(shape: readonly number[], count: number): { rows: number; columns: number } {
  const rows = shape.length > 1 ? (shape[0] as number) : 1;
  return { rows, columns: count / rows };
}

/** Collects statistics of a tensor's values, piece by piece in order, in memory that does not grow with the tensor. */
export class ValueSums {
  readonly #counts: Float64Array;
  /** Sums are relative to the middle of the range, which loses little precision if all values are nearly equal. */
  readonly #middle: number;
  readonly #sums: Float64Array;
  readonly #cellCounts: Float64Array;
  readonly #max: Float64Array;
  readonly #shape: { readonly rows: number; readonly columns: number };
  readonly #map: { readonly rows: number; readonly columns: number };
  #seen = 0;
  #zeros = 0;
  #nonFinite = 0;
  #sum = 0;
  #squares = 0;

  /** @param extent of the finite values */
  constructor(
    private readonly extent: Pick<Extent, 'min' | 'max'>,
    shape: readonly number[],
    private readonly count: number,
  ) {
    const { min, max } = extent;
    this.#counts = new Float64Array(max > min ? BINS : 1);
    this.#middle = max >= min ? min + (max - min) / 2 : 0;
    this.#shape = matrixOf(shape, count);
    const { rows, columns } = this.#shape;
    this.#map = { rows: Math.min(rows, MOST_CELLS), columns: Math.min(columns, MOST_CELLS) };
    const cells = this.#map.rows * this.#map.columns;
    [this.#sums, this.#cellCounts, this.#max] = [0, 0, 0].map(() => new Float64Array(cells)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
  }

  /** Adds the values that follow those added so far. */
  add(values: Float32Array): void {
    const { rows, columns } = this.#shape;
    const map = this.#map;
    let row = Math.floor(this.#seen / columns);
    let column = this.#seen % columns;
    for (let at = 0; at < values.length;) {
      const cellColumn = Math.floor((column * map.columns) / columns);
      const cell = Math.floor((row * map.rows) / rows) * map.columns + cellColumn;
      // The part of this row that is in one cell.
      const cellEnd = Math.ceil(((cellColumn + 1) * columns) / map.columns);
      const end = Math.min(values.length, at + cellEnd - column);
      this.#addRun(values, at, end, cell);
      column += end - at;
      if (column === columns) [row, column] = [row + 1, 0];
      at = end;
    }
    this.#seen += values.length;
  }

  #addRun(values: Float32Array, begin: number, end: number, cell: number): void {
    const { min, max } = this.extent;
    const middle = this.#middle;
    const bins = this.#counts.length;
    const perBin = max > min ? bins / (max - min) : 0;
    let [sum, squares, magnitudes, zeros, nonFinite] = [0, 0, 0, 0, 0];
    let most = this.#max[cell] as number;
    for (let i = begin; i < end; i++) {
      const value = values[i] as number;
      if (value - value !== 0) {
        nonFinite++;
        continue;
      }
      const magnitude = Math.abs(value);
      if (magnitude > most) most = magnitude;
      if (value === 0) zeros++;
      sum += value - middle;
      squares += (value - middle) ** 2;
      magnitudes += magnitude;
      const bin = Math.min(bins - 1, Math.floor((value - min) * perBin));
      this.#counts[bin]!++;
    }
    this.#sum += sum;
    this.#squares += squares;
    this.#zeros += zeros;
    this.#nonFinite += nonFinite;
    this.#sums[cell]! += magnitudes;
    this.#cellCounts[cell]! += end - begin - nonFinite;
    this.#max[cell] = most;
  }

  /** After all values were added. */
  result(): TensorValues {
    if (this.#seen !== this.count) throw new Error(`${this.#seen} of ${this.count} values were added`);
    const finite = this.count - this.#nonFinite;
    const offset = finite > 0 ? this.#sum / finite : 0;
    const variance = finite > 0 ? Math.max(0, this.#squares / finite - offset * offset) : 0;
    const { min, max } = finite > 0 ? this.extent : { min: 0, max: 0 };
    return {
      count: this.count,
      zeros: this.#zeros,
      nonFinite: this.#nonFinite,
      mean: this.#middle + offset,
      deviation: Math.sqrt(variance),
      histogram: { from: min, to: max, counts: [...this.#counts] },
      map: this.#mapResult(),
    };
  }

  #mapResult(): TensorMap {
    const short = (value: number) => Number(value.toPrecision(MAP_DIGITS));
    return {
      ...this.#map,
      tensorRows: this.#shape.rows,
      tensorColumns: this.#shape.columns,
      mean: Array.from(this.#sums, (sum, cell) => short(sum / Math.max(1, this.#cellCounts[cell] as number))),
      max: Array.from(this.#max, short),
    };
  }
}
