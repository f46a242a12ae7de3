/** A tensor whose elements do not lie one after another: a transposed matrix, a part of a larger one. */
import type { TensorSource } from '../tensorSource.ts';

export const STRIDED = 'strided';

export interface StridedSource extends TensorSource {
  readonly kind: typeof STRIDED;
  /** Of its first element, in bytes from the start of the file. */
  readonly offset: number;
  /** From one element to the next in each dimension, in elements. */
  readonly strides: readonly number[];
}
