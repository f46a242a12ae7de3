/** Computes a part of a tensor, rectangle by rectangle of its rows and columns, and writes it in its dtype. */
import { DTYPE_BITS } from '../../../formats/dtype.ts';
import { narrowed } from '../../../formats/floatBits.ts';
import { matrixOf } from '../../../formats/quantized/sources.ts';
import type { RangeSource, TensorSource } from '../../../formats/tensorSource.ts';
import type { SourceContext, SourceKind } from '../sourceKind.ts';
import { isSameRange } from './sideTensors.ts';

/** Whole rows of the matrix, or a part of one; their values follow one another in the tensor. */
export interface Rectangle {
  /** Counted over all matrices of a stack. */
  readonly row: number;
  readonly rows: number;
  readonly column: number;
  readonly columns: number;
  /** Of the matrix. */
  readonly width: number;
}

/** Values of a rectangle of layouts stored row by row: 1 MiB as F32. */
export const RECTANGLE_VALUES = 1 << 18;
/** What such a rectangle takes: values, the same rounded, codes, and scales, of which there is one a code at most. */
const WORKING_BYTES = (4 + 2 + 1 + 4) * RECTANGLE_VALUES;

/** The values that are computed for a rectangle. */
export type Compute = (rectangle: Rectangle) => Promise<Float32Array>;

/**
 * Fills `view` with a tensor's bytes from `begin` on.
 * @param most values of a rectangle
 */
export async function computeInto(
  source: TensorSource,
  view: Uint8Array,
  begin: number,
  most: number,
  compute: Compute,
): Promise<void> {
  const bytes = DTYPE_BITS[source.dtype] / 8;
  const [first, end] = [Math.floor(begin / bytes), Math.ceil((begin + view.length) / bytes)];
  for (const rectangle of rectanglesOf(source, first, end, most)) {
    const values = bytesOf(await compute(rectangle), source);
    const at = (rectangle.row * rectangle.width + rectangle.column) * bytes - begin;
    const [from, until] = [Math.max(0, -at), Math.min(values.length, view.length - at)];
    view.set(values.subarray(from, until), at + from);
  }
}

interface Coded extends TensorSource {
  readonly codes: RangeSource;
  readonly scales: RangeSource | undefined;
}

/** A kind of source whose codes lie row by row, each with the scale of its block. */
export const ofRectangles = <S extends Coded>(
  kind: S['kind'],
  valuesOf: (context: SourceContext, source: S, rectangle: Rectangle) => Promise<Float32Array>,
): SourceKind<S> => ({
  kind,
  working: () => WORKING_BYTES,
  read: (context, source, view, begin) =>
    computeInto(source, view, begin, RECTANGLE_VALUES, rectangle => valuesOf(context, source, rectangle)),
  isSame: (a, b) => isSameRange(a.codes, b.codes) && isSameRange(a.scales, b.scales),
});

/** Values as bytes of the source's dtype. */
function bytesOf(values: Float32Array, { dtype }: TensorSource): Uint8Array {
  const words = dtype === 'F16' || dtype === 'BF16' ? narrowed(values, dtype) : values;
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

/** No rectangle is in two matrices of a stack. */
function* rectanglesOf(source: TensorSource, first: number, end: number, most: number): Generator<Rectangle> {
  const { rows: height, width } = matrixOf(source.shape);
  for (let at = first; at < end;) {
    const [row, column] = [Math.floor(at / width), at % width];
    const left = end - at;
    if (column === 0 && left >= width && width <= most) {
      const rows = Math.min(Math.floor(left / width), Math.floor(most / width), height - (row % height));
      yield { row, rows, column, columns: width, width };
      at += rows * width;
    } else {
      const columns = Math.min(width - column, left, most);
      yield { row, rows: 1, column, columns, width };
      at += columns;
    }
  }
}
