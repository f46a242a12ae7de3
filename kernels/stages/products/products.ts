/** Stage products: sums of xy, x² and y² in one fixed order. Twin: products.wgsl */
import { across, addTree, LANE, LANES, term4, termsOf } from '../../shared/block_sums';
import { F32, None } from '../../shared/decode';
import { ftz4 } from '../../shared/ftz';

/** Bytes between the lanes of one sum and those of the next. */
const NEXT: usize = LANES << 2;

/** Sums one lane, of `count` values when it is a part, into three float32, NEXT bytes apart. Sums of products of mixed
 * signs may fall below 2^-126; sums of squares cannot. */
// @ts-ignore: decorator
@inline
function sumLane<P>(x: usize, y: usize, count: usize, sums: usize): void {
  let xy = f32x4.splat(0);
  let xx = f32x4.splat(0);
  let yy = f32x4.splat(0);
  for (let i: usize = 0; i < termsOf<P>(count); i += 4) {
    const a = term4<P>(x + (i << 2), count - i);
    const b = term4<P>(y + (i << 2), count - i);
    xy = ftz4(f32x4.add(xy, ftz4(f32x4.mul(a, b))));
    xx = f32x4.add(xx, ftz4(f32x4.mul(a, a)));
    yy = f32x4.add(yy, ftz4(f32x4.mul(b, b)));
  }
  store<f32>(sums, across(xy));
  store<f32>(sums + NEXT, across(xx));
  store<f32>(sums + 2 * NEXT, across(yy));
}

/**
 * Adds the blocks of `count` values to the three float64 sums at `sums`: {xy, xx, yy}. `lanes` is working memory of
 * 3 KiB. Up to 12 bytes past the values are read.
 */
export function products(x: usize, y: usize, count: usize, lanes: usize, sums: usize): void {
  for (let i: usize = 0; i < count; i += LANE * LANES) {
    const size = min(LANE * LANES, count - i);
    const whole = size / LANE;
    if (whole < LANES) memory.fill(lanes, 0, 3 * NEXT);
    let at = i << 2;
    for (let l: usize = 0; l < whole; l++, at += LANE << 2) {
      sumLane<None>(x + at, y + at, LANE, lanes + (l << 2));
    }
    if (whole < LANES) sumLane<F32>(x + at, y + at, size - whole * LANE, lanes + (whole << 2));
    store<f64>(sums, load<f64>(sums) + addTree(lanes));
    store<f64>(sums, load<f64>(sums, 8) + addTree(lanes + NEXT), 8);
    store<f64>(sums, load<f64>(sums, 16) + addTree(lanes + 2 * NEXT), 16);
  }
}
