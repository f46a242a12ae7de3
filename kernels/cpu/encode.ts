/** Stage encode: float32 to a checkpoint's element type, round to nearest even. Twin: encode.wgsl */
import { TYPE_BF16, TYPE_F32 } from './decode';
import { EXPONENT } from './ftz';

/** Smallest magnitude, as bits, that rounds to an f16 infinity: 65520. */
const F16_OVERFLOW: i32 = 0x477ff000;

/** 2^-14 as bits: the smallest normal f16. */
const F16_NORMAL: i32 = 0x38800000;

// @ts-ignore: decorator
@inline
function magnitude(v: v128): v128 {
  return v128.and(v, i32x4.splat(0x7fffffff));
}

/** Four float32 to bf16 in the low halves of 32-bit lanes. */
// @ts-ignore: decorator
@inline
function toBf16(v: v128): v128 {
  const upper = i32x4.shr_u(v, 16);
  const odd = v128.and(upper, i32x4.splat(1));
  const rounded = i32x4.shr_u(i32x4.add(v, i32x4.add(odd, i32x4.splat(0x7fff))), 16);
  const nan = i32x4.gt_s(magnitude(v), i32x4.splat(EXPONENT));
  return v128.bitselect(v128.or(upper, i32x4.splat(0x40)), rounded, nan);
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
  const all = v128.bitselect(i32x4.splat(0x7e00), infinite, i32x4.gt_s(a, i32x4.splat(EXPONENT)));
  return v128.or(all, v128.and(i32x4.shr_u(v, 16), i32x4.splat(0x8000)));
}

/** T: u16 for f16, i16 for bf16, as in decode.ts. */
// @ts-ignore: decorator
@inline
function convert4<T>(v: v128): v128 {
  return isSigned<T>() ? toBf16(v) : toF16(v);
}

function run<T>(x: usize, out: usize, count: usize): void {
  let i: usize = 0;
  for (; i + 8 <= count; i += 8) {
    const at = x + (i << 2);
    const low = convert4<T>(v128.load(at));
    const high = convert4<T>(v128.load(at, 16));
    v128.store(out + (i << 1), i16x8.narrow_i32x4_u(low, high));
  }
  for (; i < count; i++) {
    store<u16>(out + (i << 1), <u16>i32x4.extract_lane(convert4<T>(v128.load32_splat(x + (i << 2))), 0));
  }
}

/** Rounds `count` float32 values at `x` to `type` at `out`. */
export function encode(x: usize, type: i32, out: usize, count: usize): void {
  if (type == TYPE_F32) memory.copy(out, x, count << 2);
  else if (type == TYPE_BF16) run<i16>(x, out, count);
  else run<u16>(x, out, count);
}
