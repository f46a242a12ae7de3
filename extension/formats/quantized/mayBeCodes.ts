import { DTYPE_BITS } from '../dtype.ts';
import { isRange, type TensorSource } from '../tensorSource.ts';

/** A first look, so that the layouts are not loaded for other checkpoints: codes have 8 bits, or are words with codes. */
export const mayBeCodes = (tensor: TensorSource): boolean =>
  isRange(tensor) && (DTYPE_BITS[tensor.dtype] === 8 || tensor.dtype === 'I32') && tensor.dtype !== 'BOOL';
