/** Stage quotient: sums divided by the weights that went into them. Twin: quotient.wgsl */
import { decode4, F32 } from '../../shared/decode';
import { ftz4 } from '../../shared/ftz';
import { magnitude4, storePart } from '../../shared/vectors';

// @ts-ignore: decorator
@inline
function quotient4(x: usize, share: usize, least: v128): v128 {
  const value = decode4<F32>(x);
  const divisor = decode4<F32>(share);
  const tooSmall = i32x4.lt_s(magnitude4(divisor), least);
  return v128.bitselect(value, ftz4(f32x4.div(value, divisor)), tooSmall);
}

/** x[i] = x[i] / share[i], or unchanged where |share[i]| < least, which is positive. Up to 12 bytes past the values are
 * read. */
export function quotient(x: usize, share: usize, least: f32, count: usize): void {
  // Positive floats have the same order as their bits.
  const least4 = f32x4.splat(least);
  const end = x + (count << 2);
  for (; x + 16 <= end; x += 16, share += 16) v128.store(x, quotient4(x, share, least4));
  if (x < end) storePart(x, quotient4(x, share, least4), (end - x) >> 2);
}
