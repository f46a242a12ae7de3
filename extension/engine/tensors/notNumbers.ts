/** Checks outputs as they are written for NaN and infinity that were not in the inputs. */
import type { NotNumbers } from '../../../kernels/stages/encode/stage.ts';
import { listed } from '../../shared/listed.ts';
import { elementCount } from '../../formats/dtype.ts';
import { UserError } from '../../shared/errors.ts';

/** Values that prevent a computation: NaN, infinity, or what becomes one of them. */
export class NonFinite extends UserError {}

/** A tensor as it is written. */
export interface WrittenTensor {
  readonly tensor: string;
  /** The type that it is written in. */
  readonly dtype: string;
  readonly shape: readonly number[];
}

export const NONE: NotNumbers = { nonFinite: 0, overflowed: 0 };

export const plus = (a: NotNumbers, b: NotNumbers): NotNumbers => ({
  nonFinite: a.nonFinite + b.nonFinite,
  overflowed: a.overflowed + b.overflowed,
});

export const countOf = ({ nonFinite, overflowed }: NotNumbers): number => nonFinite + overflowed;

/** Largest finite values, and dtypes with more range. */
const RANGES: Readonly<Record<string, { readonly largest: string; readonly wider: string } | undefined>> = {
  F16: { largest: '65504', wider: 'bf16 or f32' },
  BF16: { largest: '3.39e38', wider: 'f32' },
  Q8_0: { largest: '8.3e6', wider: 'bf16 or f32' },
};

/** The error for a tensor with such values if they are not allowed. */
export function refused({ tensor, dtype, shape }: WrittenTensor, found: NotNumbers): UserError {
  const range = RANGES[dtype];
  const values = (count: number) => `tensor "${tensor}": ${count} of ${elementCount(shape)} values`;
  if (found.overflowed > 0 && range) {
    return new UserError({
      message: `${values(found.overflowed)} are outside the range of ${dtype}, which ends at ±${range.largest}`,
      remedy: { code: 'dtype', wider: range.wider },
    });
  }
  return new NonFinite({
    message:
      `${values(found.nonFinite)} became NaN or infinite on the way, beyond the range of float32 (±3.4e38); ` +
      'check this tensor in the inputs, and the weights and scale',
    remedy: { code: 'writeNonfinite' },
  });
}

/** One line about what was written nonetheless; undefined where all values are finite. */
export function warningOf(
  written: readonly { readonly tensor: string; readonly found: NotNumbers }[],
): string | undefined {
  const touched = written.filter(({ found }) => countOf(found) > 0);
  if (touched.length === 0) return undefined;
  const count = touched.reduce((sum, { found }) => sum + countOf(found), 0);
  const names = listed(touched.map(({ tensor, found }) => `${tensor} (${countOf(found)})`));
  return `${count} ${count === 1 ? 'value is' : 'values are'} NaN or infinite in the output: ${names}`;
}
