import type { Matrix } from '../../../kernels/product.ts';
import { products } from '../merge/math/matrix.ts';
import { symmetricEigen } from '../merge/math/symmetricEigen.ts';
import { turned } from './turned.ts';

/** The singular values and right singular vectors of a matrix with few columns. */
export interface Spectrum {
  /** Squared singular values, falling; those that rounding alone may have made are left out. */
  readonly energies: Float64Array;
  /** Columns × energies.length, by row: an orthonormal column for each. */
  readonly vectors: Matrix;
}

/** Rows whose products are added at a time. */
const ROWS = 1024;
/** The square of float32's rounding: energies below this part of the largest one mean nothing. */
const NOISE = 2 ** -46;

/**
 * From the Gram matrix, in float64. Small singular values are uncertain then, but whatever they are, the vectors are
 * orthonormal, and the projection on them is what it is measured to be.
 */
export function spectrumOf(y: Matrix): Spectrum {
  const n = y.cols;
  const gram = new Float64Array(n * n);
  for (let first = 0; first < y.rows; first += ROWS) {
    const rows = Math.min(ROWS, y.rows - first);
    const values = y.values.subarray(first * n, (first + rows) * n);
    // By column, as `products` takes them.
    const part = new Float64Array(turned({ rows, cols: n, values }).values);
    const added = products(part, n, part, n, rows);
    for (let i = 0; i < gram.length; i++) gram[i]! += added[i]!;
  }
  const { values, vectors } = symmetricEigen(gram, n);
  const order = Uint32Array.from(values.keys()).sort((i, j) => values[j]! - values[i]! || i - j);
  const kept = order.filter(i => values[i]! > NOISE * values[order[0]!]!);
  const result = new Float32Array(n * kept.length);
  for (const [column, from] of kept.entries())
    for (let i = 0; i < n; i++) result[i * kept.length + column] = vectors[i + from * n]!;
  return {
    energies: Float64Array.from(kept, i => values[i]!),
    vectors: { rows: n, cols: kept.length, values: result },
  };
}

/** Bytes of plain memory that `spectrumOf` takes for a matrix with so many columns. */
export const spectrumBytes = (cols: number): number => 8 * 5 * cols * cols + 12 * ROWS * cols;
