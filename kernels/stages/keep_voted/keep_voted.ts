/** Stage keep_voted: values with too few votes become zero. Twin: keep_voted.wgsl */
import { decode4, F32 } from '../../shared/decode';
import { countPart, storePart, total4 } from '../../shared/vectors';

// @ts-ignore: decorator
@inline
function kept4(x: usize, votes: usize, least: v128): v128 {
  return v128.andnot(decode4<F32>(x), f32x4.lt(decode4<F32>(votes), least));
}

/** x[i] = +0 where votes[i] < least; returns how many non-zero values are left. Up to 12 bytes past the values are
 * read. */
export function keepVoted(x: usize, votes: usize, least: f32, count: usize): i32 {
  const least4 = f32x4.splat(least);
  const zero = i32x4.splat(0);
  const end = x + (count << 2);
  let left = zero;
  for (; x + 16 <= end; x += 16, votes += 16) {
    const v = kept4(x, votes, least4);
    v128.store(x, v);
    left = i32x4.sub(left, i32x4.ne(v, zero));
  }
  if (x < end) {
    const rest = (end - x) >> 2;
    const v = kept4(x, votes, least4);
    storePart(x, v, rest);
    left = countPart(left, i32x4.ne(v, zero), rest);
  }
  return total4(left);
}
