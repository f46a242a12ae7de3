/** Blocks of an adapter's matrices, read and computed. */
import { product, type Matrix } from '../../../../kernels/product.ts';
import { DTYPE_BITS, elementCount } from '../../../formats/dtype.ts';
import type { MatrixSource } from '../../../formats/lora/deltaSource.ts';
import type { TensorSource } from '../../../formats/tensorSource.ts';
import { toFloats } from '../decode.ts';
import type { SourceContext } from '../sourceKind.ts';

/** Rows [row, row + rows) and columns [col, col + cols) of a matrix. */
export interface Block {
  readonly row: number;
  readonly rows: number;
  readonly col: number;
  readonly cols: number;
}

/** The values of `count` elements of a tensor from `first`, as float32. */
export async function readElements(
  context: SourceContext,
  source: TensorSource,
  first: number,
  count: number,
): Promise<Float32Array> {
  const size = DTYPE_BITS[source.dtype] / 8;
  const bytes = new Uint8Array(count * size);
  await context.read(source, bytes, first * size);
  return toFloats(bytes, source.dtype);
}

/** A block of a matrix. Every sum is in a fixed order, so the values are the same on every machine. */
export async function readBlock(context: SourceContext, matrix: MatrixSource, block: Block): Promise<Matrix> {
  const { row, rows, col, cols } = block;
  switch (matrix.form) {
    case 'stored':
      return matrix.transposed
        ? transposed(await readStored(context, matrix.source, matrix.rows, turned(block)))
        : readStored(context, matrix.source, matrix.cols, block);
    case 'product': {
      const inner = matrix.left.cols;
      const [left, right] = await Promise.all([
        readBlock(context, matrix.left, { row, rows, col: 0, cols: inner }),
        readBlock(context, matrix.right, { row: 0, rows: inner, col, cols }),
      ]);
      return product(context.kernels, left, right);
    }
    case 'hadamard': {
      const [left, right] = await Promise.all([
        readBlock(context, matrix.left, block),
        readBlock(context, matrix.right, block),
      ]);
      return { ...left, values: left.values.map((value, i) => value * right.values[i]!) };
    }
    case 'kronecker':
      return readKronecker(context, matrix, block);
    case 'core':
      return readCore(context, matrix, block);
  }
}

const turned = ({ row, rows, col, cols }: Block): Block => ({ row: col, rows: cols, col: row, cols: rows });

function transposed({ rows, cols, values }: Matrix): Matrix {
  const result = new Float32Array(values.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) result[j * rows + i] = values[i * cols + j]!;
  return { rows: cols, cols: rows, values: result };
}

/** @param across columns of the whole tensor */
async function readStored(
  context: SourceContext,
  source: TensorSource,
  across: number,
  { row, rows, col, cols }: Block,
): Promise<Matrix> {
  if (cols === across)
    return { rows, cols, values: await readElements(context, source, row * across, rows * cols) };
  const values = new Float32Array(rows * cols);
  for (let i = 0; i < rows; i++)
    values.set(await readElements(context, source, (row + i) * across + col, cols), i * cols);
  return { rows, cols, values };
}

/** (left ⊗ right)[i, j] = left[i div r, j div c] · right[i mod r, j mod c], right being r × c. */
async function readKronecker(
  context: SourceContext,
  { left, right }: Extract<MatrixSource, { form: 'product' | 'hadamard' | 'kronecker' }>,
  { row, rows, col, cols }: Block,
): Promise<Matrix> {
  const outer = await readBlock(context, left, { row: 0, rows: left.rows, col: 0, cols: left.cols });
  const values = new Float32Array(rows * cols);
  for (let i = 0; i < rows;) {
    const first = (row + i) % right.rows;
    const count = Math.min(rows - i, right.rows - first);
    const inner = await readBlock(context, right, { row: first, rows: count, col: 0, cols: right.cols });
    const outerRow = Math.floor((row + i) / right.rows) * left.cols;
    for (let k = 0; k < count; k++, i++)
      for (let j = 0; j < cols; j++) {
        const factor = outer.values[outerRow + Math.floor((col + j) / right.cols)]!;
        values[i * cols + j] = factor * inner.values[k * right.cols + ((col + j) % right.cols)]!;
      }
  }
  return { rows, cols, values };
}

/** One product for each place of the kernel. */
async function readCore(
  context: SourceContext,
  { core, right }: Extract<MatrixSource, { form: 'core' }>,
  { row, rows, col, cols }: Block,
): Promise<Matrix> {
  const [, b = 0, ...kernel] = core.shape;
  const places = elementCount(kernel);
  const first = Math.floor(col / places);
  const count = Math.ceil((col + cols) / places) - first;
  const all = await readElements(context, core, row * b * places, rows * b * places);
  const inputs = await readBlock(context, right, { row: 0, rows: b, col: first, cols: count });
  const values = new Float32Array(rows * cols);
  for (let place = 0; place < places; place++) {
    const at = { rows, cols: b, values: new Float32Array(rows * b).map((_, i) => all[i * places + place]!) };
    const part = product(context.kernels, at, inputs);
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < count; j++) {
        const column = (first + j) * places + place - col;
        if (column >= 0 && column < cols) values[i * cols + column] = part.values[i * count + j]!;
      }
  }
  return { rows, cols, values };
}
