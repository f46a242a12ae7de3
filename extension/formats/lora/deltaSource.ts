/** What an adapter changes, as plain data: matrices made from small factors, computed when they are read. */
import { elementCount } from '../dtype.ts';
import type { TensorSource } from '../tensorSource.ts';

/** A matrix of float32, stored or computed from others. */
export type MatrixSource = { readonly rows: number; readonly cols: number } & (
  | { readonly form: 'stored'; readonly source: TensorSource; readonly transposed: boolean }
  | { readonly form: 'product' | 'hadamard' | 'kronecker'; readonly left: Matrix; readonly right: Matrix }
  /** Of a core [a, b, …kernel] and a matrix [b, i], the matrix [a, i·kernel]: Σ_b core[a, b, k]·right[b, i]. */
  | { readonly form: 'core'; readonly core: TensorSource; readonly right: Matrix }
);
type Matrix = MatrixSource;

/** What is added to some rows of a tensor: scale · alpha · matrix. */
export interface Delta {
  readonly matrix: MatrixSource;
  readonly scale: number;
  /** A tensor of one value; undefined: 1. */
  readonly alpha: TensorSource | undefined;
  /** The first of the rows, where several modules are one tensor (query, key and value). */
  readonly firstRow: number;
}

/** DoRA: each row, or each column, of the changed tensor is scaled to a norm. */
export interface Magnitude {
  readonly source: TensorSource;
  readonly of: 'rows' | 'columns';
}

/** Rows that an adapter replaces: tokens that were trained on their own. */
export interface ReplacedRows {
  /** A row for each of the indices. */
  readonly source: TensorSource;
  readonly indices: readonly number[];
}

/** A tensor of a model with an adapter: the base's, changed. In F32, in which the sum loses least. */
export interface AdaptedSource extends TensorSource {
  readonly kind: 'adapted';
  readonly base: TensorSource;
  readonly deltas: readonly Delta[];
  readonly magnitude: Magnitude | undefined;
  readonly tokens: ReplacedRows | undefined;
}

/** A tensor as a matrix: its first dimension by all others, as adapters see linear layers and convolutions alike. */
export const sidesOf = ({ shape }: Pick<TensorSource, 'shape'>): readonly [rows: number, cols: number] => {
  const rows = shape[0] ?? 1;
  return [rows, rows === 0 ? 0 : elementCount(shape) / rows];
};

export function stored(source: TensorSource, transposed = false): Matrix {
  const [rows, cols] = sidesOf(source);
  return {
    form: 'stored',
    source,
    transposed,
    ...(transposed ? { rows: cols, cols: rows } : { rows, cols }),
  };
}

/** @throws RangeError when the inner sides differ */
export function productOf(left: Matrix, right: Matrix): Matrix {
  if (left.cols !== right.rows) throw new RangeError(`${sides(left)} by ${sides(right)}`);
  return { form: 'product', left, right, rows: left.rows, cols: right.cols };
}

/** @throws RangeError when the shapes differ */
export function hadamardOf(left: Matrix, right: Matrix): Matrix {
  if (sides(left) !== sides(right)) throw new RangeError(`${sides(left)} with ${sides(right)}`);
  return { form: 'hadamard', left, right, rows: left.rows, cols: left.cols };
}

export const kroneckerOf = (left: Matrix, right: Matrix): Matrix => ({
  form: 'kronecker',
  left,
  right,
  rows: left.rows * right.rows,
  cols: left.cols * right.cols,
});

/** @throws RangeError when the core's second side is not the matrix's first */
export function coreOf(core: TensorSource, right: Matrix): Matrix {
  const [a = 0, b, ...kernel] = core.shape;
  if (b !== right.rows) throw new RangeError(`[${core.shape.join(', ')}] by ${sides(right)}`);
  return { form: 'core', core, right, rows: a, cols: right.cols * elementCount(kernel) };
}

const sides = ({ rows, cols }: Matrix): string => `${rows} × ${cols}`;
