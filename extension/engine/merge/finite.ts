/** A merge takes finite values only: NaN and infinity spread, and no trim can rank them. */
import type { Extent } from '../../../kernels/backend.ts';
import type { TensorSource } from '../checkpoint/checkpoint.ts';
import { UserError } from '../errors.ts';

/** @throws UserError when some of a checkpoint's values, whose extent was found on the way, are not finite */
export function checkFinite({ file, name }: TensorSource, { finite }: Extent): void {
  if (!finite) throw nonFinite(file, `tensor "${name}"`);
}

/** @param what the tensor, in words */
export const nonFinite = (file: string, what: string): UserError =>
  new UserError(
    `${file}: ${what} holds NaN or infinite values, finite float32 was expected; was its training or its conversion to ` +
      'float16 unstable? Use another checkpoint, or leave this one out',
  );
