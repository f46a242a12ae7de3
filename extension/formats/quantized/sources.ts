/** Tensors that a quantizer stored as codes, with what turns these into values: plain data, read span by span. */
import type { RangeSource, TensorSource } from '../tensorSource.ts';

/** Codes of a byte each, in the order of the values: value = code × scale, or (code − zero) × scale. */
export interface ScaledSource extends TensorSource {
  readonly kind: 'scaled';
  readonly codes: RangeSource;
  /** One for each block of rows and columns of a matrix, the blocks row by row; undefined: 1. */
  readonly scales: RangeSource | undefined;
  /** Of 8 bits with a sign, for the same blocks; undefined: 0. */
  readonly zeros: RangeSource | undefined;
  /** Rows and columns of a block; those at the edges may be smaller. undefined: one scale for all. */
  readonly block: readonly [rows: number, columns: number] | undefined;
  /** What each scale is multiplied with. */
  readonly factor: number;
}

/** Unsigned codes of a few bits in the words of an I32 matrix. */
export interface PackedMatrix {
  readonly words: RangeSource;
  /** Bits of a code: 2, 3, 4 or 8. */
  readonly bits: number;
  /** Whether a word holds codes of one column, rather than of one row. */
  readonly alongColumn: boolean;
  /** Where in a word each of its codes is, counted in codes from the lowest bits; undefined: in order. */
  readonly places: readonly number[] | undefined;
}

/** Packed codes with a scale and a zero for each group of a row's values: value = (code − zero) × scale. */
export interface PackedSource extends TensorSource {
  readonly kind: 'packed';
  readonly codes: PackedMatrix;
  /** [groups, rows] if transposed, else [rows, groups]. */
  readonly scales: RangeSource;
  /** Laid out as the scales; undefined: `zero`. */
  readonly zeros: PackedMatrix | undefined;
  /** The zero where there are no `zeros`; else what is added to them, which wraps around in their bits. */
  readonly zero: number;
  /** Whether the matrices are stored [columns, rows], as in GPTQ and AWQ. */
  readonly transposed: boolean;
  /** Values of a group. */
  readonly groupSize: number;
  /** I32, the group of each column, where they are not in order. */
  readonly groupOf: RangeSource | undefined;
}

/** Codes of 4 bits, the first in a byte's upper half, that stand for values of a table times the scale of their block. */
export interface TableSource extends TensorSource {
  readonly kind: 'table';
  readonly codes: RangeSource;
  /** F32, 16 values. */
  readonly table: RangeSource;
  /** Values of a block. */
  readonly blockSize: number;
  /** The scale of each block: F32, or U8 codes into a table of their own. */
  readonly scales: RangeSource;
  readonly nested: NestedScales | undefined;
}

/** Scales that are quantized again: table[code] × scale of their block + offset. */
export interface NestedScales {
  /** F32, 256 values. */
  readonly table: RangeSource;
  readonly blockSize: number;
  /** F32. */
  readonly scales: RangeSource;
  readonly offset: number;
}

/** What the last two dimensions are, of which a tensor is a stack: the rows and columns of a matrix. */
export const matrixOf = (shape: readonly number[]): { readonly rows: number; readonly width: number } => ({
  rows: shape.at(-2) ?? 1,
  width: shape.at(-1) ?? 1,
});
