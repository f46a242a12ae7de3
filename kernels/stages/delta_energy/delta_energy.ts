/** Stage delta_energy: the sum of a task vector's squares in one fixed order. Twin: delta_energy.wgsl */
import { across, addTree, LANE, LANES } from '../../shared/block_sums';
import { BF16, decode1, decode4, F16, F32, None, shiftOf, TYPE_BF16, TYPE_F16, TYPE_F32 } from '../../shared/decode';
import { ftz4 } from '../../shared/ftz';

/** Squares of four differences, which are not flushed themselves: the square of a denormal is 0 anyway. */
// @ts-ignore: decorator
@inline
function square4<B>(tuned: v128, base: v128): v128 {
  const x = isBoolean<B>() ? tuned : f32x4.sub(tuned, base);
  return ftz4(f32x4.mul(x, x));
}

/** Four sums of a lane of `count` values. They need no flush: sums of flushed squares are 0 or at least 2^-126. */
// @ts-ignore: decorator
@inline
function sumLane<T, B>(tuned: usize, base: usize, count: usize): v128 {
  let sums = f32x4.splat(0);
  let i: usize = 0;
  for (; i + 4 <= count; i += 4) {
    sums = f32x4.add(
      sums,
      square4<B>(decode4<T>(tuned + (i << shiftOf<T>())), decode4<B>(base + (i << shiftOf<B>()))),
    );
  }
  for (; i < count; i++) {
    // Four copies of the value; only the one in its slot counts.
    const slot = i32x4.eq(i32x4.splat(<i32>(i & 3)), i32x4(0, 1, 2, 3));
    const square = square4<B>(
      decode1<T>(tuned + (i << shiftOf<T>())),
      decode1<B>(base + (i << shiftOf<B>())),
    );
    sums = f32x4.add(sums, v128.and(square, slot));
  }
  return sums;
}

function run<T, B>(tuned: usize, base: usize, count: usize, before: f64, lanes: usize): f64 {
  let energy = before;
  for (let i: usize = 0; i < count; i += LANE * LANES) {
    const size = min(LANE * LANES, count - i);
    if (size < LANE * LANES) memory.fill(lanes, 0, LANES << 2);
    let lane = lanes;
    for (let j = i; j < i + size; j += LANE, lane += 4) {
      const t = tuned + (j << shiftOf<T>());
      const b = base + (j << shiftOf<B>());
      const left = i + size - j;
      store<f32>(lane, across(left < LANE ? sumLane<T, B>(t, b, left) : sumLane<T, B>(t, b, LANE)));
    }
    energy += addTree(lanes);
  }
  return energy;
}

// @ts-ignore: decorator
@inline
function withTuned<T>(
  tuned: usize,
  base: usize,
  baseType: i32,
  count: usize,
  before: f64,
  lanes: usize,
): f64 {
  if (baseType == TYPE_F32) return run<T, F32>(tuned, base, count, before, lanes);
  if (baseType == TYPE_F16) return run<T, F16>(tuned, base, count, before, lanes);
  if (baseType == TYPE_BF16) return run<T, BF16>(tuned, base, count, before, lanes);
  return run<T, None>(tuned, base, count, before, lanes);
}

/** Σ ftz(tuned[i] − base[i])² of `count` values, or Σ tuned[i]² where
 * `baseType` is TYPE_NONE, its blocks added to `before`. `lanes` is working memory of 1 KiB. */
export function deltaEnergy(
  tuned: usize,
  tunedType: i32,
  base: usize,
  baseType: i32,
  count: usize,
  before: f64,
  lanes: usize,
): f64 {
  if (tunedType == TYPE_F32) return withTuned<F32>(tuned, base, baseType, count, before, lanes);
  if (tunedType == TYPE_F16) return withTuned<F16>(tuned, base, baseType, count, before, lanes);
  return withTuned<BF16>(tuned, base, baseType, count, before, lanes);
}
