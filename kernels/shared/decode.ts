/** Reading checkpoint elements as float32 lanes, specialised for each element type at compile time. */
import { EXPONENT, ftz4 } from './ftz';

/*
 * AssemblyScript has no type-level constants, so element types are distinguished by primitive types: a float, an
 * unsigned and a signed 16-bit integer, and bool for "nothing there".
 */
export type F32 = f32;
export type F16 = u16;
export type BF16 = i16;
export type None = bool;

/** Values of a `type` argument of exported functions; kernels/wasm.ts has the same numbers. */
export const TYPE_F32: i32 = 0;
export const TYPE_F16: i32 = 1;
export const TYPE_BF16: i32 = 2;
export const TYPE_NONE: i32 = 3;

/** log2 of an element's bytes. */
// @ts-ignore: decorator
@inline
export function shiftOf<T>(): usize {
  return isFloat<T>() ? 2 : 1;
}

/**
 * Sign, exponent and mantissa of f16 values in the low halves of 32-bit lanes (sign-extended) -> float32. A subnormal
 * m·2^-24 is computed as (2^-14 + m·2^-24) - 2^-14, which is exact, because multiplying a denormal float32 by 2^112
 * takes a microcode trap on common processors.
 */
// @ts-ignore: decorator
@inline
function halfToFloat(h: v128): v128 {
  const placed = v128.and(i32x4.shl(h, 13), i32x4.splat(<i32>0x8fffe000));
  const exponent = v128.and(placed, i32x4.splat(0x0f800000));
  const rebased = i32x4.add(placed, i32x4.splat(112 << 23));
  const special = v128.and(i32x4.eq(exponent, i32x4.splat(0x0f800000)), i32x4.splat(112 << 23));
  const least = v128.or(v128.and(placed, i32x4.splat(<i32>0x80000000)), i32x4.splat(113 << 23));
  const subnormal = f32x4.sub(i32x4.add(placed, i32x4.splat(113 << 23)), least);
  return v128.bitselect(subnormal, i32x4.add(rebased, special), i32x4.eq(exponent, i32x4.splat(0)));
}

/** Four consecutive elements at `at`, flushed. */
// @ts-ignore: decorator
@inline
export function decode4<T>(at: usize): v128 {
  if (isFloat<T>()) return ftz4(v128.load(at));
  if (isSigned<T>()) return ftz4(i32x4.shl(v128.load_ext<i16>(at), 16));
  // No f16 is below 2^-126, and the subtraction turns -0 into +0.
  return halfToFloat(v128.load_ext<i16>(at));
}

/** One element at `at` in lane 0, flushed; the other lanes hold the same value. */
// @ts-ignore: decorator
@inline
export function decode1<T>(at: usize): v128 {
  if (isFloat<T>()) return ftz4(i32x4.splat(load<i32>(at)));
  if (isSigned<T>()) return ftz4(i32x4.splat(<i32>load<u16>(at) << 16));
  return halfToFloat(i32x4.splat(<i32>load<i16>(at)));
}

/** All ones in lanes that hold a NaN or an infinity. */
// @ts-ignore: decorator
@inline
export function nonFinite4(v: v128): v128 {
  return i32x4.eq(v128.and(v, i32x4.splat(EXPONENT)), i32x4.splat(EXPONENT));
}
