/**
 * Eigenvalues and eigenvectors of a symmetric matrix: Householder tridiagonalisation and implicit QL with Wilkinson
 * shifts (Bowdler, Martin, Reinsch and Wilkinson, "The QR and QL algorithms for symmetric matrices", 1968; Golub and
 * Van Loan, "Matrix Computations", §8.3). Backward stable: errors of eigenvalues and of orthogonality are a few
 * roundings of the largest eigenvalue.
 */
import { dot, transposed } from './matrix.ts';

/** Rotations that are gathered before they are applied, so that a few rows at a time stay in the cache for all. */
const ROTATIONS = 2 ** 15;
/** Reflectors that are applied to a column while it is in the cache. */
const REFLECTORS = 16;
/** Steps an eigenvalue may take; about two are usual. */
const MAX_STEPS = 100;

/**
 * @param a the n × n matrix, of which the lower triangle is read; overwritten
 * @returns eigenvalues in no order, and the n × n matrix of their eigenvectors, by column
 */
export function symmetricEigen(a: Float64Array, n: number): { values: Float64Array; vectors: Float64Array } {
  const { diagonal, offDiagonal, scales } = tridiagonalise(a, n);
  const rows = new Float64Array(4 * Math.ceil(n / 4) * n);
  rows.set(transposed(reflectors(a, scales, n), n, n));
  qlIterate(diagonal, offDiagonal, rows, n);
  return { values: diagonal, vectors: transposed(rows.subarray(0, n * n), n, n) };
}

/**
 * A = Q T Qᵀ. Reflector k, I − scales[k]·v·vᵀ, is left in column k of `a` below the diagonal. The update by one
 * reflector and the product with the next share one pass over the triangle.
 */
function tridiagonalise(a: Float64Array, n: number) {
  const diagonal = new Float64Array(n);
  const offDiagonal = new Float64Array(n);
  const scales = new Float64Array(n);
  let v = new Float64Array(n);
  let next = new Float64Array(n);
  const w = new Float64Array(n);
  const product = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    const column = k * n;
    for (let i = k; i < n; i++) a[column + i]! -= v[i]! * w[k]! + w[i]! * v[k]!;
    diagonal[k] = a[column + k]!;
    if (k === n - 1) break;
    const { scale, head } = reflector(a, column + k + 1, n - k - 1);
    scales[k] = scale;
    offDiagonal[k] = head;
    for (let i = k + 1; i < n; i++) next[i] = a[column + i]!;
    product.fill(0);
    for (let j = k + 1; j < n; j++) updateColumn(a, j, n, v, w, next, product);
    const half = (scale * scale * dot(product, k + 1, next, k + 1, n - k - 1)) / 2;
    for (let i = k + 1; i < n; i++) w[i] = scale * product[i]! - half * next[i]!;
    [v, next] = [next, v];
  }
  return { diagonal, offDiagonal, scales };
}

/** Turns a column into the vector v of the reflector that maps it to (head, 0, …); v begins with 1. */
function reflector(a: Float64Array, first: number, count: number): { scale: number; head: number } {
  const alpha = a[first]!;
  const rest = dot(a, first + 1, a, first + 1, count - 1);
  a[first] = 1;
  if (rest === 0) {
    a.fill(0, first + 1, first + count);
    return { scale: 0, head: alpha };
  }
  const head = alpha > 0 ? -Math.sqrt(alpha * alpha + rest) : Math.sqrt(alpha * alpha + rest);
  for (let i = first + 1; i < first + count; i++) a[i]! /= alpha - head;
  return { scale: (head - alpha) / head, head };
}

/** Column j of A − v·wᵀ − w·vᵀ, lower triangle, and its share of the product of that matrix with `next`. */
function updateColumn(
  a: Float64Array,
  j: number,
  n: number,
  v: Float64Array,
  w: Float64Array,
  next: Float64Array,
  product: Float64Array,
): void {
  const column = j * n;
  const [vj, wj, nextj] = [v[j]!, w[j]!, next[j]!];
  const onDiagonal = a[column + j]! - 2 * vj * wj;
  a[column + j] = onDiagonal;
  let sum = onDiagonal * nextj;
  for (let i = j + 1; i < n; i++) {
    const value = a[column + i]! - v[i]! * wj - w[i]! * vj;
    a[column + i] = value;
    sum += value * next[i]!;
    product[i]! += value * nextj;
  }
  product[j]! += sum;
}

/** The product of all reflectors, n × n. */
function reflectors(a: Float64Array, scales: Float64Array, n: number): Float64Array {
  const q = new Float64Array(n * n);
  for (let i = 0; i < n; i++) q[i + i * n] = 1;
  for (let last = n - 3; last >= 0; last -= REFLECTORS) {
    const first = Math.max(0, last - REFLECTORS + 1);
    for (let j = first + 1; j < n; j++) {
      for (let k = Math.min(last, j - 1); k >= first; k--) {
        const v = k * n + k + 1;
        const column = j * n + k + 1;
        const count = n - k - 1;
        const factor = scales[k]! * dot(a, v, q, column, count);
        for (let i = 0; i < count; i++) q[column + i]! -= factor * a[v + i]!;
      }
    }
  }
  return q;
}

/** Rotations of columns i and i + 1, for i from `high` − 1 down to `low`. */
interface Chase {
  readonly low: number;
  readonly high: number;
  /** First rotation in the log. */
  readonly first: number;
}

/**
 * Diagonalises T in place and applies the rotations to the columns of `z`, which is kept by row (n values each, the
 * number of rows padded to a multiple of four).
 */
function qlIterate(diagonal: Float64Array, offDiagonal: Float64Array, z: Float64Array, n: number): void {
  const log = new Float64Array(2 * Math.max(ROTATIONS, n));
  let chases: Chase[] = [];
  let used = 0;
  let norm = 0;
  for (let i = 0; i < n; i++) norm = Math.max(norm, Math.abs(diagonal[i]!) + Math.abs(offDiagonal[i]!));
  const negligible = Number.EPSILON * norm;
  const flush = () => {
    rotate(z, n, log, chases);
    chases = [];
    used = 0;
  };
  for (let low = 0; low < n; low++) {
    for (let step = 0; step < MAX_STEPS; step++) {
      let high = low;
      while (high < n - 1 && Math.abs(offDiagonal[high]!) > negligible) high++;
      if (high === low) break;
      if (2 * (used + high - low) > log.length) flush();
      const end = chase(diagonal, offDiagonal, low, high, log, 2 * used);
      chases.push({ low: end, high, first: used });
      used += high - end;
    }
  }
  flush();
}

/** One implicit QL step on rows `low` to `high` of T. @returns the row at which it ended: `low`, or above after a split */
function chase(
  d: Float64Array,
  e: Float64Array,
  low: number,
  high: number,
  log: Float64Array,
  at: number,
): number {
  const slope = (d[low + 1]! - d[low]!) / (2 * e[low]!);
  const root = Math.sqrt(slope * slope + 1);
  let g = d[high]! - d[low]! + e[low]! / (slope + (slope >= 0 ? root : -root));
  let [s, c, p] = [1, 1, 0];
  for (let i = high - 1; i >= low; i--) {
    const f = s * e[i]!;
    const b = c * e[i]!;
    const r = Math.sqrt(f * f + g * g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1]! -= p;
      e[high] = 0;
      return i + 1;
    }
    s = f / r;
    c = g / r;
    g = d[i + 1]! - p;
    const t = (d[i]! - g) * s + 2 * c * b;
    p = s * t;
    d[i + 1] = g + p;
    g = c * t - b;
    log[at++] = c;
    log[at++] = s;
  }
  d[low]! -= p;
  e[low] = g;
  e[high] = 0;
  return low;
}

/** Applies logged rotations to four rows at a time. */
function rotate(z: Float64Array, n: number, log: Float64Array, chases: readonly Chase[]): void {
  for (let row = 0; row < z.length; row += 4 * n) {
    for (const { low, high, first } of chases) {
      const [z0, z1, z2, z3] = [row, row + n, row + 2 * n, row + 3 * n];
      let [a, b, c, d] = [z[z0 + high]!, z[z1 + high]!, z[z2 + high]!, z[z3 + high]!];
      let at = 2 * first;
      for (let i = high - 1; i >= low; i--) {
        const cos = log[at++]!;
        const sin = log[at++]!;
        const p = z[z0 + i]!;
        const q = z[z1 + i]!;
        const r = z[z2 + i]!;
        const s = z[z3 + i]!;
        z[z0 + i + 1] = sin * p + cos * a;
        z[z1 + i + 1] = sin * q + cos * b;
        z[z2 + i + 1] = sin * r + cos * c;
        z[z3 + i + 1] = sin * s + cos * d;
        a = cos * p - sin * a;
        b = cos * q - sin * b;
        c = cos * r - sin * c;
        d = cos * s - sin * d;
      }
      z[z0 + low] = a;
      z[z1 + low] = b;
      z[z2 + low] = c;
      z[z3 + low] = d;
    }
  }
}
