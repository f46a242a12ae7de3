/** Products of matrices in any memory, by the CPU's kernels. */
import { SCRATCH, type Kernels } from './wasm.ts';

/** A matrix of float32, row by row. */
export interface Matrix {
  readonly rows: number;
  readonly cols: number;
  readonly values: Float32Array;
}

/** Sides of the pieces that fit into the working memory together. */
const ROWS = 8;
const INNER = 32;
const COLS = 256;
const A = SCRATCH.block;
const B = A + 4 * ROWS * INNER;
const C = B + 4 * INNER * COLS;
if (C + 4 * ROWS * COLS > SCRATCH.block + SCRATCH.blockBytes) throw new Error('the pieces do not fit');

/**
 * The product of a (rows × inner) and b (inner × cols). Each value is a sum of float32 in the order of `inner`, so it
 * is the same on every machine.
 * @throws RangeError when the inner sides differ
 */
export function product(kernels: Kernels, a: Matrix, b: Matrix): Matrix {
  if (a.cols !== b.rows) throw new RangeError(`${a.rows} × ${a.cols} by ${b.rows} × ${b.cols}`);
  const memory = new Float32Array(kernels.bytes.buffer);
  const result = { rows: a.rows, cols: b.cols, values: new Float32Array(a.rows * b.cols) };
  for (let col = 0; col < b.cols; col += COLS) {
    const cols = Math.min(COLS, b.cols - col);
    const wide = 8 * Math.ceil(cols / 8);
    for (let k = 0; k < a.cols; k += INNER) {
      const inner = Math.min(INNER, a.cols - k);
      copyIn(memory, B, wide, b, { row: k, rows: inner, col, cols });
      for (let row = 0; row < a.rows; row += ROWS) {
        const rows = Math.min(ROWS, a.rows - row);
        copyIn(memory, A, inner, a, { row, rows, col: k, cols: inner });
        copyIn(memory, C, wide, result, { row, rows, col, cols });
        kernels.exports.addProduct(A, B, C, rows, inner, wide);
        for (let i = 0; i < rows; i++) {
          const from = C / 4 + i * wide;
          result.values.set(memory.subarray(from, from + cols), (row + i) * b.cols + col);
        }
      }
    }
  }
  return result;
}

interface Piece {
  readonly row: number;
  readonly rows: number;
  readonly col: number;
  readonly cols: number;
}

/** Copies a piece to `at`, its rows `wide` values apart. */
function copyIn(memory: Float32Array, at: number, wide: number, from: Matrix, piece: Piece): void {
  for (let i = 0; i < piece.rows; i++) {
    const first = (piece.row + i) * from.cols + piece.col;
    memory.set(from.values.subarray(first, first + piece.cols), at / 4 + i * wide);
  }
}
