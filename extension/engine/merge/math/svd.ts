/**
 * Singular value decomposition in float64, without dependencies. The Gram matrix's eigenvectors give the right singular
 * vectors up to its squared condition; one-sided Jacobi rotations (Hestenes 1958; Demmel and Veselić, "Jacobi's method
 * is more accurate than QR", 1992) then make the columns of A·V orthogonal to rounding. Accuracy, whatever the rank and
 * the condition: ‖A − U·S·Vᵀ‖ / ‖A‖, ‖UᵀU − I‖ and ‖VᵀV − I‖ (Frobenius) are below 1e-10; about 1e-12 at 1024 × 1024.
 */
import { UserError } from '../../../shared/errors.ts';
import { dot, products, transposed } from './matrix.ts';
import { symmetricEigen } from './symmetricEigen.ts';

/** A = U·diag(s)·Vᵀ of an m × n matrix of the given rank. */
export interface Svd {
  /** m × rank, orthonormal columns. */
  readonly u: Float64Array;
  /** Positive, falling. */
  readonly s: Float64Array;
  /** n × rank, orthonormal columns. */
  readonly v: Float64Array;
  /** Singular values above the resolution. */
  readonly rank: number;
}

/** Maximum sweeps of rotations; none or one for well-conditioned matrices, up to about eight for others. */
const MAX_SWEEPS = 40;

/** Float32 values beside A that `svd` takes for an m × n matrix. */
export function svdValues(m: number, n: number): number {
  const small = Math.min(m, n);
  return 10 * m * n + 8 * small * small;
}

/**
 * Compact singular value decomposition: triplets of singular values that count as zero are left out.
 * @param a m × n, by column
 * @param resolution what counts as zero, relative to the largest; by default the rounding of float64. A coarser one
 * saves the time to separate smaller values.
 * @param floor what counts as zero whatever the largest is
 * @throws UserError for values that are not finite
 */
export function svd(
  a: Float64Array,
  m: number,
  n: number,
  resolution = Number.EPSILON * Math.max(m, n),
  floor = 0,
): Svd {
  if (m < n) {
    const { u, s, v, rank } = svd(transposed(a, m, n), n, m, resolution, floor);
    return { u: v, s, v: u, rank };
  }
  const largest = a.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  if (!Number.isFinite(largest)) throw new UserError('a matrix with NaN or infinite values has no SVD');
  if (largest === 0) return { u: new Float64Array(), s: new Float64Array(), v: new Float64Array(), rank: 0 };
  // By a power of two, so that squares neither overflow nor vanish and nothing is rounded.
  const scale = 2 ** Math.max(-1000, Math.min(1000, -Math.floor(Math.log2(largest))));
  const scaled = a.map(value => value * scale);
  const { vectors: v } = symmetricEigen(products(scaled, n, scaled, n, m), n);
  const b = products(transposed(scaled, m, n), m, v, n, n);
  const isZero: IsZero = (value, largest) => value <= Math.max(resolution * largest, scale * floor);
  orthogonalise(b, v, m, n, isZero);
  return triplets(b, v, m, n, isZero, scale);
}

/** Rotates columns of B, and of V alike, until those of B are orthogonal or vanish. */
function orthogonalise(b: Float64Array, v: Float64Array, m: number, n: number, isZero: IsZero): void {
  const tolerance = 4 * Number.EPSILON * Math.sqrt(m);
  for (let sweep = 0; sweep < MAX_SWEEPS; sweep++) {
    const gram = products(b, n, b, n, m);
    const norms = Float64Array.from({ length: n }, (_, i) => Math.sqrt(gram[i + i * n]!));
    const order = significant(norms, isZero);
    let rotations = 0;
    for (const [place, i] of order.entries()) {
      for (const j of order.subarray(place + 1)) {
        if (Math.abs(gram[i + j * n]!) <= tolerance * norms[i]! * norms[j]!) continue;
        rotatePair(b, m, v, n, i, j);
        rotations++;
      }
    }
    if (rotations === 0) return;
  }
}

/** Whether a singular value counts as zero beside the largest. */
type IsZero = (value: number, largest: number) => boolean;

/** Indices of the values that do not count as zero, largest first; of equal ones the first comes first. */
function significant(values: Float64Array, isZero: IsZero): Uint32Array {
  const order = Uint32Array.from(values.keys()).sort((i, j) => values[j]! - values[i]! || i - j);
  return order.filter(i => !isZero(values[i]!, values[order[0]!]!));
}

/** Makes columns i and j of B orthogonal by the smaller of the two angles, and turns V with it. */
function rotatePair(b: Float64Array, m: number, v: Float64Array, n: number, i: number, j: number): void {
  const alpha = dot(b, i * m, b, i * m, m);
  const beta = dot(b, j * m, b, j * m, m);
  const gamma = dot(b, i * m, b, j * m, m);
  if (gamma === 0) return;
  const zeta = (beta - alpha) / (2 * gamma);
  const tan = (zeta >= 0 ? 1 : -1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
  const cos = 1 / Math.sqrt(1 + tan * tan);
  turn(b, i * m, j * m, m, cos, cos * tan);
  turn(v, i * n, j * n, n, cos, cos * tan);
}

function turn(a: Float64Array, i: number, j: number, count: number, cos: number, sin: number): void {
  for (let k = 0; k < count; k++) {
    const x = a[i + k]!;
    const y = a[j + k]!;
    a[i + k] = cos * x - sin * y;
    a[j + k] = sin * x + cos * y;
  }
}

/** Divides B by the norms of its columns and orders what does not count as zero. */
function triplets(
  b: Float64Array,
  v: Float64Array,
  m: number,
  n: number,
  isZero: IsZero,
  scale: number,
): Svd {
  const norms = Float64Array.from({ length: n }, (_, i) => Math.sqrt(dot(b, i * m, b, i * m, m)));
  const order = significant(norms, isZero);
  const rank = order.length;
  const u = new Float64Array(m * rank);
  const right = new Float64Array(n * rank);
  for (const [place, column] of order.entries()) {
    for (let i = 0; i < m; i++) u[place * m + i] = b[column * m + i]! / norms[column]!;
    right.set(v.subarray(column * n, (column + 1) * n), place * n);
  }
  return { u, s: Float64Array.from(order, column => norms[column]! / scale), v: right, rank };
}
