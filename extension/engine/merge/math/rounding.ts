/** How far the rounding of checkpoints reaches into their differences. */
import type { Dtype, QuantizableDtype } from '../../../formats/dtype.ts';

/** Distance from 1 to the next value. Values of F64 are rounded to F32 as they are read. */
const EPSILON: Record<QuantizableDtype, number> = {
  F64: 2 ** -23,
  F32: 2 ** -23,
  F16: 2 ** -10,
  BF16: 2 ** -7,
};

/** Norms of a matrix's longest row and column, gathered window by window. */
export class LongestLines {
  readonly #rows: Float64Array;
  readonly #columns: Float64Array;

  constructor(
    rows: number,
    private readonly columns: number,
  ) {
    this.#rows = new Float64Array(rows);
    this.#columns = new Float64Array(columns);
  }

  /** @param first number of the first value in the matrix, by row */
  add(values: Float32Array, first: number): void {
    for (const [i, value] of values.entries()) {
      const at = first + i;
      const square = value * value;
      this.#rows[Math.floor(at / this.columns)]! += square;
      this.#columns[at % this.columns]! += square;
    }
  }

  /** ‖longest row‖ + ‖longest column‖. */
  get sum(): number {
    return [this.#rows, this.#columns].reduce(
      (sum, squares) => sum + Math.sqrt(squares.reduce((most, square) => Math.max(most, square), 0)),
      0,
    );
  }
}

/**
 * Largest singular value of the rounding errors in the difference of a checkpoint from its base. An error is uniform
 * within half a unit in the last place, which is at most ε·|w|: its standard deviation is at most ε·|w| / √12. The
 * spectral norm of a matrix of independent errors is about the norm of their deviations along the longest row plus that
 * along the longest column (Bandeira and van Handel, Annals of Probability 2016; with equal deviations s that is Bai
 * and Yin's s·(√rows + √columns)). The base is where the fine-tuning started, so its own rounding is not an error.
 */
export const roundingNoise = (dtype: Dtype, longestLines: number): number =>
  (EPSILON[dtype as QuantizableDtype] / Math.sqrt(12)) * longestLines;
