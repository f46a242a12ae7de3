/** Stage quotient: sums divided by the weights that went into them. Twin: quotient.wgsl */
import { decode4, F32 } from './decode';
import { ftz4 } from './ftz';
import { magnitude4, storePart } from './vectors';

/** The bits of 1e-8. */
const LEAST_SHARE: i32 = 0x322bcc77;

// @ts-ignore: decorator
@inline
function quotient4(x: usize, share: usize): v128 {
  const divisor = decode4<F32>(share);
  const tooSmall = i32x4.lt_s(magnitude4(divisor), i32x4.splat(LEAST_SHARE));
  return v128.andnot(ftz4(f32x4.div(decode4<F32>(x), divisor)), tooSmall);
}

/** x[i] = x[i] / share[i], 0 where |share[i]| < 1e-8. Up to 12 bytes past the values are read. */
export function quotient(x: usize, share: usize, count: usize): void {
  const end = x + (count << 2);
  for (; x + 16 <= end; x += 16, share += 16) v128.store(x, quotient4(x, share));
  if (x < end) storePart(x, quotient4(x, share), (end - x) >> 2);
}
