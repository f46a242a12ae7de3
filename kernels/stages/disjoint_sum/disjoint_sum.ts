/** Stage disjoint_sum: the sum of the weighted values that have the elected sign, and of their weights. Twin:
 * disjoint_sum.wgsl */
import { decode4, F32, None } from '../../shared/decode';
import { ftz4 } from '../../shared/ftz';
import { storePart } from '../../shared/vectors';

/** All ones where x is not zero and, its sign changed by `turn`, has the sign of `total`, or of `zeroSign` where `total`
 * is zero. */
// @ts-ignore: decorator
@inline
function agrees4(total: v128, x: v128, turn: v128, zeroSign: v128): v128 {
  const zero = i32x4.splat(0);
  const elected = v128.or(total, v128.and(zeroSign, i32x4.eq(total, zero)));
  const sameSign = i32x4.ge_s(v128.xor(elected, v128.xor(x, turn)), zero);
  return v128.andnot(sameSign, v128.or(i32x4.eq(x, zero), i32x4.eq(elected, zero)));
}

/** S: F32 to add to the sums, None to begin them. Adding +0 does not change a flushed sum. */
// @ts-ignore: decorator
@inline
function added4<S>(sum: usize, addend: v128): v128 {
  if (isBoolean<S>()) return addend;
  return ftz4(f32x4.add(decode4<F32>(sum), addend));
}

function run<S>(
  total: usize,
  x: usize,
  zeroSign: f32,
  weight: f32,
  sum: usize,
  share: usize,
  count: usize,
): void {
  const zeroSign4 = f32x4.splat(zeroSign);
  const weight4 = f32x4.splat(weight);
  const turn4 = v128.and(weight4, i32x4.splat(0x80000000));
  const end = count << 2;
  let i: usize = 0;
  for (; i + 16 <= end; i += 16) {
    const v = decode4<F32>(x + i);
    const agrees = agrees4(decode4<F32>(total + i), v, turn4, zeroSign4);
    v128.store(sum + i, added4<S>(sum + i, v128.and(ftz4(f32x4.mul(weight4, v)), agrees)));
    v128.store(share + i, added4<S>(share + i, v128.and(weight4, agrees)));
  }
  if (i < end) {
    const v = decode4<F32>(x + i);
    const agrees = agrees4(decode4<F32>(total + i), v, turn4, zeroSign4);
    storePart(sum + i, added4<S>(sum + i, v128.and(ftz4(f32x4.mul(weight4, v)), agrees)), (end - i) >> 2);
    storePart(share + i, added4<S>(share + i, v128.and(weight4, agrees)), (end - i) >> 2);
  }
}

/** Where weight·x[i] is not zero and has the sign of total[i] (that of `zeroSign`, which is +1, -1 or 0, where total[i]
 * is zero): sum[i] += weight·x[i], share[i] += weight. A weight of 0 never adds anything. Up to 12 bytes past the
 * values are read. */
export function disjointSum(
  total: usize,
  x: usize,
  zeroSign: f32,
  weight: f32,
  sum: usize,
  share: usize,
  first: bool,
  count: usize,
): void {
  if (first) run<None>(total, x, zeroSign, weight, sum, share, count);
  else run<F32>(total, x, zeroSign, weight, sum, share, count);
}
