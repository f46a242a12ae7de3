/**
 * Dense float64 matrices as plain arrays, column by column: element (i, j) of an m × n matrix is at i + j·m. The order
 * of every sum is fixed, so results do not depend on the machine.
 */

/** Rows that `products` takes at a time: eight columns of that length stay in the first-level cache. */
const PANEL = 256;
/** Side of the squares that `transposed` moves. */
const TILE = 32;

/** The n × m transpose of an m × n matrix. */
export function transposed(a: Float64Array, m: number, n: number): Float64Array {
  const result = new Float64Array(m * n);
  for (let column = 0; column < n; column += TILE) {
    for (let row = 0; row < m; row += TILE) {
      const columns = Math.min(n, column + TILE);
      const rows = Math.min(m, row + TILE);
      for (let j = column; j < columns; j++)
        for (let i = row; i < rows; i++) result[j + i * n] = a[i + j * m]!;
    }
  }
  return result;
}

/** Σ x[i + k]·y[j + k] over k < count. */
export function dot(x: Float64Array, i: number, y: Float64Array, j: number, count: number): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  let k = 0;
  for (; k + 4 <= count; k += 4) {
    a += x[i + k]! * y[j + k]!;
    b += x[i + k + 1]! * y[j + k + 1]!;
    c += x[i + k + 2]! * y[j + k + 2]!;
    d += x[i + k + 3]! * y[j + k + 3]!;
  }
  for (; k < count; k++) a += x[i + k]! * y[j + k]!;
  return a + b + (c + d);
}

/** XᵀY, p × q, of X (length × p) and Y (length × q); half the work when X is Y. */
export function products(
  x: Float64Array,
  p: number,
  y: Float64Array,
  q: number,
  length: number,
): Float64Array {
  const result = new Float64Array(p * q);
  for (let first = 0; first < length; first += PANEL) {
    const count = Math.min(PANEL, length - first);
    for (let i = 0; i < p; i += 4) {
      const j = x === y ? i : 0;
      if (i + 4 <= p) addBlocks(result, x, y, { p, q, length, first, count, i, j });
      else addRest(result, x, y, { p, q, length, first, count, i, j });
    }
  }
  if (x === y)
    for (let j = 0; j < p; j++) for (let i = j + 1; i < p; i++) result[i + j * p] = result[j + i * p]!;
  return result;
}

interface Panel {
  readonly p: number;
  readonly q: number;
  readonly length: number;
  /** Rows of X and Y. */
  readonly first: number;
  readonly count: number;
  /** First column of X, and of Y. */
  readonly i: number;
  readonly j: number;
}

/** Adds the products of four columns of X and all columns of Y from the panel's column, in 4 × 4 blocks. */
function addBlocks(result: Float64Array, x: Float64Array, y: Float64Array, panel: Panel): void {
  const { p, q, length, first, count, i } = panel;
  let { j } = panel;
  const x0 = i * length + first;
  const [x1, x2, x3] = [x0 + length, x0 + 2 * length, x0 + 3 * length];
  for (; j + 4 <= q; j += 4) {
    const y0 = j * length + first;
    const [y1, y2, y3] = [y0 + length, y0 + 2 * length, y0 + 3 * length];
    let [a0, a1, a2, a3, b0, b1, b2, b3] = [0, 0, 0, 0, 0, 0, 0, 0];
    let [c0, c1, c2, c3, d0, d1, d2, d3] = [0, 0, 0, 0, 0, 0, 0, 0];
    for (let k = 0; k < count; k++) {
      const r0 = x[x0 + k]!;
      const r1 = x[x1 + k]!;
      const r2 = x[x2 + k]!;
      const r3 = x[x3 + k]!;
      const s0 = y[y0 + k]!;
      a0 += r0 * s0;
      a1 += r1 * s0;
      a2 += r2 * s0;
      a3 += r3 * s0;
      const s1 = y[y1 + k]!;
      b0 += r0 * s1;
      b1 += r1 * s1;
      b2 += r2 * s1;
      b3 += r3 * s1;
      const s2 = y[y2 + k]!;
      c0 += r0 * s2;
      c1 += r1 * s2;
      c2 += r2 * s2;
      c3 += r3 * s2;
      const s3 = y[y3 + k]!;
      d0 += r0 * s3;
      d1 += r1 * s3;
      d2 += r2 * s3;
      d3 += r3 * s3;
    }
    addFour(result, i + j * p, a0, a1, a2, a3);
    addFour(result, i + (j + 1) * p, b0, b1, b2, b3);
    addFour(result, i + (j + 2) * p, c0, c1, c2, c3);
    addFour(result, i + (j + 3) * p, d0, d1, d2, d3);
  }
  addRest(result, x, y, { ...panel, j });
}

function addFour(result: Float64Array, at: number, a: number, b: number, c: number, d: number): void {
  result[at]! += a;
  result[at + 1]! += b;
  result[at + 2]! += c;
  result[at + 3]! += d;
}

/** Adds the products of up to four columns of X and all columns of Y from the panel's column, one by one. */
function addRest(result: Float64Array, x: Float64Array, y: Float64Array, panel: Panel): void {
  const { p, q, length, first, count, i, j } = panel;
  for (let column = j; column < q; column++) {
    for (let row = i; row < Math.min(p, i + 4); row++)
      result[row + column * p]! += dot(x, row * length + first, y, column * length + first, count);
  }
}
