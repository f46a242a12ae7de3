/** Stage encode: float32 to a checkpoint's element type, round to nearest even. Twin: encode.wgsl */
import { BF16, F16, F32, shiftOf, TYPE_BF16, TYPE_F32 } from '../../shared/decode';
import { EXPONENT } from '../../shared/ftz';
import { magnitude4 as magnitude, total4 } from '../../shared/vectors';

/** Smallest magnitudes, as bits, that round to infinity: 65520 as f16, the middle between the largest bf16 and 2^128. */
const F16_OVERFLOW: i32 = 0x477ff000;
const BF16_OVERFLOW: i32 = 0x7f7f8000;

/** 2^-14 as bits: the smallest normal f16. */
const F16_NORMAL: i32 = 0x38800000;

/** All ones where a magnitude is that of a NaN. */
// @ts-ignore: decorator
@inline
function isNan(a: v128): v128 {
  return i32x4.gt_s(a, i32x4.splat(EXPONENT));
}

/** Four float32 unchanged, except NaNs. */
// @ts-ignore: decorator
@inline
function toF32(v: v128): v128 {
  return v128.bitselect(i32x4.splat(0x7fc00000), v, isNan(magnitude(v)));
}

/** Four float32 to bf16 in the low halves of 32-bit lanes. */
// @ts-ignore: decorator
@inline
function toBf16(v: v128): v128 {
  const odd = v128.and(i32x4.shr_u(v, 16), i32x4.splat(1));
  const rounded = i32x4.shr_u(i32x4.add(v, i32x4.add(odd, i32x4.splat(0x7fff))), 16);
  return v128.bitselect(i32x4.splat(0x7fc0), rounded, isNan(magnitude(v)));
}

/** Four float32 to f16 in the low halves of 32-bit lanes. */
// @ts-ignore: decorator
@inline
function toF16(v: v128): v128 {
  const a = magnitude(v);
  const odd = v128.and(i32x4.shr_u(a, 13), i32x4.splat(1));
  const normal = i32x4.shr_u(i32x4.add(a, i32x4.add(odd, i32x4.splat(0xfff - (112 << 23)))), 13);
  // The last mantissa bit of 0.5 is 2^-24, the step of f16 subnormals: the addition rounds to it.
  const half = f32x4.splat(0.5);
  const subnormal = i32x4.sub(f32x4.add(a, half), half);
  const finite = v128.bitselect(normal, subnormal, i32x4.ge_s(a, i32x4.splat(F16_NORMAL)));
  const infinite = v128.bitselect(i32x4.splat(0x7c00), finite, i32x4.ge_s(a, i32x4.splat(F16_OVERFLOW)));
  const signed = v128.or(infinite, v128.and(i32x4.shr_u(v, 16), i32x4.splat(0x8000)));
  return v128.bitselect(i32x4.splat(0x7e00), signed, isNan(a));
}

/** T as in decode.ts. */
// @ts-ignore: decorator
@inline
function convert4<T>(v: v128): v128 {
  if (isFloat<T>()) return toF32(v);
  return isSigned<T>() ? toBf16(v) : toF16(v);
}

/** Smallest magnitude, as bits, that becomes infinity in T. */
// @ts-ignore: decorator
@inline
function overflowOf<T>(): i32 {
  if (isFloat<T>()) return EXPONENT;
  return isSigned<T>() ? BF16_OVERFLOW : F16_OVERFLOW;
}

function run<T>(x: usize, out: usize, count: usize, counts: usize): void {
  const least = i32x4.splat(overflowOf<T>());
  const infinity = i32x4.splat(EXPONENT);
  let beyond = i32x4.splat(0);
  let nonFinite = i32x4.splat(0);
  let i: usize = 0;
  for (; i + 8 <= count; i += 8) {
    const at = x + (i << 2);
    const to = out + (i << shiftOf<T>());
    const low = v128.load(at);
    const high = v128.load(at, 16);
    if (isFloat<T>()) {
      v128.store(to, convert4<T>(low));
      v128.store(to, convert4<T>(high), 16);
    } else {
      v128.store(to, i16x8.narrow_i32x4_u(convert4<T>(low), convert4<T>(high)));
    }
    const a = magnitude(low);
    const b = magnitude(high);
    beyond = i32x4.sub(beyond, i32x4.add(i32x4.ge_s(a, least), i32x4.ge_s(b, least)));
    nonFinite = i32x4.sub(nonFinite, i32x4.add(i32x4.ge_s(a, infinity), i32x4.ge_s(b, infinity)));
  }
  for (; i < count; i++) {
    const v = v128.load32_zero(x + (i << 2));
    const to = out + (i << shiftOf<T>());
    const a = magnitude(v);
    beyond = i32x4.sub(beyond, i32x4.ge_s(a, least));
    nonFinite = i32x4.sub(nonFinite, i32x4.ge_s(a, infinity));
    if (isFloat<T>()) store<i32>(to, i32x4.extract_lane(convert4<T>(v), 0));
    else store<u16>(to, <u16>i32x4.extract_lane(convert4<T>(v), 0));
  }
  store<i32>(counts, total4(nonFinite));
  store<i32>(counts, total4(beyond) - total4(nonFinite), 4);
}

/** Rounds `count` float32 values at `x` to `type` at `out`; writes {nonFinite: u32, overflowed: u32} at `counts`. */
export function encode(x: usize, type: i32, out: usize, count: usize, counts: usize): void {
  if (type == TYPE_F32) run<F32>(x, out, count, counts);
  else if (type == TYPE_BF16) run<BF16>(x, out, count, counts);
  else run<F16>(x, out, count, counts);
}
