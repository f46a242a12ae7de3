/** Stage mask_by_sign: the part of EMR's elected vector that one task agrees with. Twin: mask_by_sign.wgsl */
import { decode4, F32 } from '../../shared/decode';
import { storePart } from '../../shared/vectors';

// @ts-ignore: decorator
@inline
function masked4(x: usize, unified: usize): v128 {
  const zero = i32x4.splat(0);
  const v = decode4<F32>(x);
  const u = decode4<F32>(unified);
  const other = i32x4.lt_s(v128.xor(v, u), zero);
  return v128.andnot(u, v128.or(other, i32x4.eq(v, zero)));
}

/** out[i] = unified[i] where x[i] is not zero and has the same sign, else +0. Up to 12 bytes past the values are
 * read. */
export function maskBySign(x: usize, unified: usize, out: usize, count: usize): void {
  const end = count << 2;
  let i: usize = 0;
  for (; i + 16 <= end; i += 16) v128.store(out + i, masked4(x + i, unified + i));
  if (i < end) storePart(out + i, masked4(x + i, unified + i), (end - i) >> 2);
}
