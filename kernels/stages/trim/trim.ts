/** Stage trim: values of small magnitude become zero. Twin: trim.wgsl */
import { decode4, F32 } from '../../shared/decode';
import { countPart, magnitude4, storePart, total4 } from '../../shared/vectors';

// @ts-ignore: decorator
@inline
function trimmed4(x: usize, threshold: v128): v128 {
  const v = decode4<F32>(x);
  return v128.andnot(v, i32x4.lt_s(magnitude4(v), threshold));
}

/** x[i] = +0 where its magnitude key is below `threshold`; returns how many non-zero values are left. Up to 12 bytes
 * past the values are read. */
export function trim(x: usize, threshold: i32, count: usize): i32 {
  const threshold4 = i32x4.splat(threshold);
  const zero = i32x4.splat(0);
  const end = x + (count << 2);
  let left = zero;
  for (; x + 16 <= end; x += 16) {
    const v = trimmed4(x, threshold4);
    v128.store(x, v);
    left = i32x4.sub(left, i32x4.ne(v, zero));
  }
  if (x < end) {
    const rest = (end - x) >> 2;
    const v = trimmed4(x, threshold4);
    storePart(x, v, rest);
    left = countPart(left, i32x4.ne(v, zero), rest);
  }
  return total4(left);
}
