/** Stage abs_sum: the sum of magnitudes in one fixed order. Twin: abs_sum.wgsl */
import { across, addTree, LANE, LANES, term4, termsOf } from '../../shared/block_sums';
import { F32, None } from '../../shared/decode';

/** The sum of one lane, of `count` values when it is a part. */
// @ts-ignore: decorator
@inline
function sumLane<P>(x: usize, count: usize): f32 {
  let sums = f32x4.splat(0);
  for (let i: usize = 0; i < termsOf<P>(count); i += 4) {
    sums = f32x4.add(sums, f32x4.abs(term4<P>(x + (i << 2), count - i)));
  }
  return across(sums);
}

/** `before` plus the blocks of `count` values. `lanes` is working memory of 1 KiB. Up to 12 bytes past the values
 * are read. */
export function absSum(x: usize, count: usize, before: f64, lanes: usize): f64 {
  for (let i: usize = 0; i < count; i += LANE * LANES) {
    const size = min(LANE * LANES, count - i);
    const whole = size / LANE;
    if (whole < LANES) memory.fill(lanes, 0, LANES << 2);
    let at = x + (i << 2);
    for (let l: usize = 0; l < whole; l++, at += LANE << 2) {
      store<f32>(lanes + (l << 2), sumLane<None>(at, LANE));
    }
    if (whole < LANES) store<f32>(lanes + (whole << 2), sumLane<F32>(at, size - whole * LANE));
    before += addTree(lanes);
  }
  return before;
}
