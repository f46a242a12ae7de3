/** Stage axpy: a weighted sum of task vectors, one task at a time. Twin: axpy.wgsl */
import { decode4, F32, None } from '../../shared/decode';
import { ftz4 } from '../../shared/ftz';
import { storePart } from '../../shared/vectors';

/** S: F32 to add to the sum, None to begin it. */
// @ts-ignore: decorator
@inline
function added4<S>(sum: usize, x: usize, weight: v128): v128 {
  const product = ftz4(f32x4.mul(weight, decode4<F32>(x)));
  if (isBoolean<S>()) return product;
  return ftz4(f32x4.add(decode4<F32>(sum), product));
}

function run<S>(sum: usize, x: usize, weight: f32, count: usize): void {
  const weight4 = f32x4.splat(weight);
  const end = sum + (count << 2);
  for (; sum + 16 <= end; sum += 16, x += 16) v128.store(sum, added4<S>(sum, x, weight4));
  if (sum < end) storePart(sum, added4<S>(sum, x, weight4), (end - sum) >> 2);
}

/** sum[i] = sum[i] + weight·x[i], or weight·x[i] when `first`. Up to 12 bytes past the values are read. */
export function axpy(sum: usize, x: usize, weight: f32, first: bool, count: usize): void {
  if (first) run<None>(sum, x, weight, count);
  else run<F32>(sum, x, weight, count);
}
