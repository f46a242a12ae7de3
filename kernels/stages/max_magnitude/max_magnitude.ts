/** Stage max_magnitude: the value of largest magnitude among tasks. Twin: max_magnitude.wgsl */
import { decode4, F32, None } from '../../shared/decode';
import { magnitude4, storePart } from '../../shared/vectors';

/** B: F32 to compare with the best so far, None to begin. */
// @ts-ignore: decorator
@inline
function larger4<B>(best: usize, x: usize): v128 {
  const v = decode4<F32>(x);
  if (isBoolean<B>()) return v;
  const b = decode4<F32>(best);
  return v128.bitselect(v, b, i32x4.ge_s(magnitude4(v), magnitude4(b)));
}

function run<B>(best: usize, x: usize, count: usize): void {
  const end = best + (count << 2);
  for (; best + 16 <= end; best += 16, x += 16) v128.store(best, larger4<B>(best, x));
  if (best < end) storePart(best, larger4<B>(best, x), (end - best) >> 2);
}

/** best[i] = x[i] where |x[i]| >= |best[i]|, or x[i] when `first`. Up to 12 bytes past the values are read. */
export function maxMagnitude(best: usize, x: usize, first: bool, count: usize): void {
  if (first) run<None>(best, x, count);
  else run<F32>(best, x, count);
}
