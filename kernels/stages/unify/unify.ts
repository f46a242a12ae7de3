/** Stage unify: EMR's elected vector, one task at a time. Twin: unify.wgsl */
import { decode4, F32, None } from '../../shared/decode';
import { magnitude4, storePart } from '../../shared/vectors';

/** U: F32 to compare with the vector so far, None to begin it. */
// @ts-ignore: decorator
@inline
function unified4<U>(total: usize, x: usize, unified: usize): v128 {
  const zero = i32x4.splat(0);
  const v = decode4<F32>(x);
  const positive = i32x4.gt_s(decode4<F32>(total), zero);
  // A non-negative value, zero included, is kept where the total is positive, a negative one elsewhere.
  const candidate = v128.and(v, i32x4.eq(i32x4.ge_s(v, zero), positive));
  if (isBoolean<U>()) return candidate;
  const u = decode4<F32>(unified);
  return v128.bitselect(candidate, u, i32x4.gt_s(magnitude4(candidate), magnitude4(u)));
}

function run<U>(total: usize, x: usize, unified: usize, count: usize): void {
  const end = count << 2;
  let i: usize = 0;
  for (; i + 16 <= end; i += 16) v128.store(unified + i, unified4<U>(total + i, x + i, unified + i));
  if (i < end) storePart(unified + i, unified4<U>(total + i, x + i, unified + i), (end - i) >> 2);
}

/** unified[i] = x[i] where it has the elected sign (total[i]'s, negative where that is 0) and a larger magnitude than
 * unified[i]; when `first`, x[i] if it has that sign, else 0. Up to 12 bytes past the values are read. */
export function unify(total: usize, x: usize, unified: usize, first: bool, count: usize): void {
  if (first) run<None>(total, x, unified, count);
  else run<F32>(total, x, unified, count);
}
