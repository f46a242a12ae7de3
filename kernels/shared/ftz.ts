/** Bits of a float32's exponent. */
export const EXPONENT: i32 = 0x7f800000;

/** Replaces lanes below 2^-126 in magnitude, -0 too, by +0. Integers only: no penalty for denormals. */
// @ts-ignore: decorator
@inline
export function ftz4(v: v128): v128 {
  const exponent = v128.and(v, i32x4.splat(EXPONENT));
  return v128.andnot(v, i32x4.eq(exponent, i32x4.splat(0)));
}
