/** Sums in one fixed order: a block has LANES lanes of LANE consecutive values each; a lane keeps four sums. Twin:
 * block_sums.wgsl */
import { decode4, F32, None } from './decode';
import { ftz4 } from './ftz';
import { lanesBelow } from './vectors';

/** Consecutive values that one lane sums. */
export const LANE: usize = 32;

/** Lanes of a block. */
export const LANES: usize = 256;

/** Four flushed values of a lane that has `left` left. P: F32 for a lane cut off by the end of the values, whose missing
 * values count as zero; None for a whole one. */
// @ts-ignore: decorator
@inline
export function term4<P>(at: usize, left: usize): v128 {
  if (isBoolean<P>()) return decode4<F32>(at);
  return v128.and(decode4<F32>(at), lanesBelow(left));
}

/** How many values term4 goes through. */
// @ts-ignore: decorator
@inline
export function termsOf<P>(count: usize): usize {
  return isBoolean<P>() ? LANE : count;
}

/** (s0+s1)+(s2+s3) of a lane's four sums. */
// @ts-ignore: decorator
@inline
export function across(s: v128): f32 {
  const pairs = ftz4(f32x4.add(s, v128.shuffle<i32>(s, s, 1, 0, 3, 2)));
  return f32x4.extract_lane(ftz4(f32x4.add(pairs, v128.shuffle<i32>(pairs, pairs, 2, 3, 0, 1))), 0);
}

/** Adds LANES float32 values at `sums` in pairs l, l+128, then l, l+64 ... l, l+1. */
// @ts-ignore: decorator
@inline
export function addTree(sums: usize): f64 {
  for (let half = LANES >> 1; half >= 4; half >>= 1) {
    for (let l: usize = 0; l < half; l += 4) {
      const at = sums + (l << 2);
      v128.store(at, ftz4(f32x4.add(v128.load(at), v128.load(at + (half << 2)))));
    }
  }
  const four = v128.load(sums);
  const two = ftz4(f32x4.add(four, v128.shuffle<i32>(four, four, 2, 3, 0, 1)));
  return <f64>f32x4.extract_lane(ftz4(f32x4.add(two, v128.shuffle<i32>(two, two, 1, 0, 3, 2))), 0);
}
