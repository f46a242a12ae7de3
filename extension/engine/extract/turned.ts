import type { Matrix } from '../../../kernels/product.ts';

/** Side of the squares that are moved at a time. */
const TILE = 32;

/** The transpose of a matrix of float32. */
export function turned({ rows, cols, values }: Matrix): Matrix {
  const result = new Float32Array(rows * cols);
  for (let row = 0; row < rows; row += TILE)
    for (let col = 0; col < cols; col += TILE)
      for (let i = row; i < Math.min(rows, row + TILE); i++)
        for (let j = col; j < Math.min(cols, col + TILE); j++) result[j * rows + i] = values[i * cols + j]!;
  return { rows: cols, cols: rows, values: result };
}
