/** A tensor whose elements do not lie one after another: a transposed matrix, a part of a larger one. */
import { DTYPE_BITS, elementCount } from '../dtype.ts';
import { isRange, type TensorSource } from '../tensorSource.ts';

export const STRIDED = 'strided';

export interface StridedSource extends TensorSource {
  readonly kind: typeof STRIDED;
  /** Of its first element, in bytes from the start of the file. */
  readonly offset: number;
  /** From one element to the next in each dimension, in elements. */
  readonly strides: readonly number[];
}

/**
 * Another view of a tensor's elements, which have to lie in a file as they are.
 * @param first the view's first element, counted row by row in the tensor
 * @param strides in elements of the tensor, row by row
 * @returns undefined for computed tensors, and for those that are views themselves
 */
export function turned(
  source: TensorSource,
  name: string,
  view: { readonly first: number; readonly shape: readonly number[]; readonly strides: readonly number[] },
): StridedSource | undefined {
  if (!isRange(source)) return undefined;
  const { file, dtype, offset } = source;
  const { first, shape, strides } = view;
  const size = DTYPE_BITS[dtype] / 8;
  return {
    kind: STRIDED,
    name,
    file,
    dtype,
    shape,
    bytes: elementCount(shape) * size,
    offset: offset + first * size,
    strides,
  };
}
