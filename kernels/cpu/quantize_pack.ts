/** Stage quantize_pack: float32 differences to packed codes of 1 to 8 bits. Twin: quantize_pack.wgsl */
import { decode1, decode4, F32 } from './decode';

/** 1.5·2^23: added to a value of [0, 255] it leaves it, rounded to nearest even, in the low mantissa bits. */
const ROUNDER: f32 = 12582912;

/**
 * Codes of flushed values, in 32-bit lanes. The two ftz of the definition cannot change a code and are left
 * out: a denormal product vanishes in the sum with a zero point of 1 or more, and becomes code 0 with a zero
 * point of 0. A NaN becomes code 0.
 */
// @ts-ignore: decorator
@inline
function codes4(x: v128, scale: v128, zero: v128, levels: v128): v128 {
  const v = f32x4.add(f32x4.mul(scale, x), zero);
  const clamped = f32x4.pmin(levels, f32x4.pmax(f32x4.splat(0), v));
  return v128.and(f32x4.add(clamped, f32x4.splat(ROUNDER)), i32x4.splat(0xff));
}

/** Codes of eight values in 16-bit lanes. */
// @ts-ignore: decorator
@inline
function codes8(x: usize, scale: v128, zero: v128, levels: v128): v128 {
  return i16x8.narrow_i32x4_u(
    codes4(decode4<F32>(x), scale, zero, levels),
    codes4(decode4<F32>(x + 16), scale, zero, levels),
  );
}

/** Sixteen codes a round: pairs are joined by multiply-add, then pairs of pairs, until 8·bits bits stand
 * in each half of a vector. Each half is stored as 8 bytes, of which the next store overwrites all but
 * `bits`. */
// @ts-ignore: decorator
@inline
function run(x: usize, scale: f32, zero: f32, bits: i32, codes: usize, count: usize): void {
  const scale4 = f32x4.splat(scale);
  const zero4 = f32x4.splat(zero);
  const levels4 = f32x4.splat(<f32>((1 << bits) - 1));
  const joinPairs = i32x4.splat(1 | (1 << (bits + 16)));
  const joinQuads = i32x4.splat(1 | (1 << (2 * bits + 16)));
  // Stores never pass the last whole byte, so what follows this chunk's codes stays as it is.
  const end = codes + <usize>((<u64>count * bits) >> 3);
  let i: usize = 0;
  let at = codes;
  if (bits == 8) {
    for (; i + 16 <= count; i += 16, at += 16) {
      const a = codes8(x + (i << 2), scale4, zero4, levels4);
      const b = codes8(x + (i << 2) + 32, scale4, zero4, levels4);
      v128.store(at, i8x16.narrow_i16x8_u(a, b));
    }
  } else {
    for (; at + bits + 8 <= end; i += 16, at += 2 * bits) {
      const a = codes8(x + (i << 2), scale4, zero4, levels4);
      const b = codes8(x + (i << 2) + 32, scale4, zero4, levels4);
      const pairs = i16x8.narrow_i32x4_u(
        i32x4.dot_i16x8_s(a, joinPairs),
        i32x4.dot_i16x8_s(b, joinPairs),
      );
      const quads = i32x4.dot_i16x8_s(pairs, joinQuads);
      const octets = v128.or(
        v128.and(quads, i64x2.splat(0xffffffff)),
        i64x2.shl(i64x2.shr_u(quads, 32), 4 * bits),
      );
      v128.store_lane<i64>(at, octets, 0);
      v128.store_lane<i64>(at + bits, octets, 1);
    }
  }
  let pending: u64 = 0;
  let held = 0;
  for (; i < count; i++) {
    const code = codes4(decode1<F32>(x + (i << 2)), scale4, zero4, levels4);
    pending |= (<u64>i32x4.extract_lane(code, 0)) << held;
    held += bits;
    if (held >= 8) {
      store<u8>(at++, <u8>pending);
      pending >>= 8;
      held -= 8;
    }
  }
  if (held > 0) store<u8>(at++, <u8>pending);
  while (((at - codes) & 3) != 0) store<u8>(at++, 0);
}

/** Packs the codes of `count` float32 values at `x`; zeroes the bits up to the next multiple of 4 bytes. */
export function quantizePack(x: usize, scale: f32, zero: f32, bits: i32, codes: usize, count: usize): void {
  switch (bits) {
    case 1: return run(x, scale, zero, 1, codes, count);
    case 2: return run(x, scale, zero, 2, codes, count);
    case 3: return run(x, scale, zero, 3, codes, count);
    case 4: return run(x, scale, zero, 4, codes, count);
    case 5: return run(x, scale, zero, 5, codes, count);
    case 6: return run(x, scale, zero, 6, codes, count);
    case 7: return run(x, scale, zero, 7, codes, count);
    default: return run(x, scale, zero, 8, codes, count);
  }
}
