/** Random signs, and the butterflies of four values. Twin: hadamard.wgsl */
import { ftz4 } from './ftz';

const SIGN: i32 = 0x80000000;

/** The signs of 32 elements: MurmurHash3's finalizer of their number. */
// @ts-ignore: decorator
@inline
export function signsOf(word: u32): u32 {
  let h = word * 0x9e3779b9 + 0x7f4a7c15;
  h ^= h >>> 16;
  h *= 0x85ebca6b;
  h ^= h >>> 13;
  h *= 0xc2b2ae35;
  return h ^ (h >>> 16);
}

/** Sign bits of four lanes from the four lowest of `bits`. */
// @ts-ignore: decorator
@inline
export function signs4(bits: u32): v128 {
  const shifted = i32x4.mul(i32x4.splat(<i32>bits), i32x4(1 << 31, 1 << 30, 1 << 29, 1 << 28));
  return v128.and(shifted, i32x4.splat(SIGN));
}

/** Butterflies of distance 1, then 2. A sum with a negated value is the difference, bit by bit. */
// @ts-ignore: decorator
@inline
export function hadamard4(s: v128): v128 {
  const first = v128.shuffle<i32>(s, s, 0, 0, 2, 2);
  const second = v128.xor(v128.shuffle<i32>(s, s, 1, 1, 3, 3), i32x4(0, SIGN, 0, SIGN));
  const abcd = ftz4(f32x4.add(first, second));
  const abab = v128.shuffle<i64>(abcd, abcd, 0, 0);
  const cdcd = v128.xor(v128.shuffle<i64>(abcd, abcd, 1, 1), i32x4(0, 0, SIGN, SIGN));
  return ftz4(f32x4.add(abab, cdcd));
}
