/** The values that an adapter adds to a tensor, computed from its factors row by row. */
import type { Delta } from '../../../formats/lora/deltaSource.ts';
import type { SourceContext } from '../sourceKind.ts';
import { readBlock, readElements } from './matrixBlocks.ts';

/** Values that are computed at a time: their rows, and what they are made from, take a few megabytes. */
const PIECE = 2 ** 19;
/** The fewest columns that are computed at a time: each row of a factor is then read by pages. */
const LEAST_COLUMNS = 1024;

/** Rows of a matrix that are computed at a time. */
export const rowsAtATime = (cols: number): number => Math.max(1, Math.floor(PIECE / cols));

/** Bytes of the arrays that rows take: values, also as the base stores them, their change, and a factor's, also as stored. */
export const rowsMemory = (cols: number): number => Math.max(PIECE, cols) * (4 + 4 + 4 + 2 + 4);

/**
 * Fills `view` with float32 values of a matrix of `cols` columns.
 * @param first the first of the values, counted row by row
 * @param rowsOf computes whole rows [row, row + rows)
 */
export async function fillByRows(
  signal: AbortSignal,
  cols: number,
  first: number,
  view: Uint8Array,
  rowsOf: (row: number, rows: number) => Promise<Float32Array>,
): Promise<void> {
  const end = first + view.length / 4;
  const step = rowsAtATime(cols);
  for (let at = first; at < end;) {
    signal.throwIfAborted();
    const row = Math.floor(at / cols);
    const rows = Math.min(step, Math.ceil(end / cols) - row);
    const values = await rowsOf(row, rows);
    const until = Math.min(end, (row + rows) * cols);
    const piece = values.subarray(at - row * cols, until - row * cols);
    view.set(new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength), 4 * (at - first));
    at = until;
  }
}

/** Adds what deltas change in the rows [row, row + rows) to their values, of `cols` columns each. */
export async function addDeltas(
  context: SourceContext,
  deltas: readonly Delta[],
  values: Float32Array,
  { row, rows, cols }: { readonly row: number; readonly rows: number; readonly cols: number },
): Promise<void> {
  for (const { matrix, scale, alpha, firstRow } of deltas) {
    const [from, to] = [Math.max(row, firstRow), Math.min(row + rows, firstRow + matrix.rows)];
    if (from >= to) continue;
    const factor = Math.fround(scale * (alpha ? (await readElements(context, alpha, 0, 1))[0]! : 1));
    const inner = matrix.form === 'product' ? matrix.left.cols : to - from;
    const step = Math.max(LEAST_COLUMNS, Math.floor(PIECE / inner));
    for (let col = 0; col < cols; col += step) {
      const width = Math.min(step, cols - col);
      const block = { row: from - firstRow, rows: to - from, col, cols: width };
      const change = await readBlock(context, matrix, block);
      for (let i = from; i < to; i++) {
        const [at, start] = [(i - row) * cols + col, (i - from) * width];
        for (let j = 0; j < width; j++) values[at + j]! += Math.fround(factor * change.values[start + j]!);
      }
    }
  }
}
