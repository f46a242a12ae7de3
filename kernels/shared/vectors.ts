/** Vectors of four lanes: magnitudes, counts, and partial vectors at the end of the values. */

/** Magnitude keys: the bits of flushed values without their signs. */
// @ts-ignore: decorator
@inline
export function magnitude4(v: v128): v128 {
  return v128.and(v, i32x4.splat(0x7fffffff));
}

/** All ones in the first `count` lanes. */
// @ts-ignore: decorator
@inline
export function lanesBelow(count: usize): v128 {
  return i32x4.gt_s(i32x4.splat(<i32>count), i32x4(0, 1, 2, 3));
}

/** Stores the first `count` lanes, 1 to 3. */
// @ts-ignore: decorator
@inline
export function storePart(at: usize, v: v128, count: usize): void {
  v128.store_lane<i32>(at, v, 0);
  if (count > 1) v128.store_lane<i32>(at, v, 1, 4);
  if (count > 2) v128.store_lane<i32>(at, v, 2, 8);
}

/** The sum of the lanes. */
// @ts-ignore: decorator
@inline
export function total4(v: v128): i32 {
  return (
    i32x4.extract_lane(v, 0) + i32x4.extract_lane(v, 1) + (i32x4.extract_lane(v, 2) + i32x4.extract_lane(v, 3))
  );
}

/** How many lanes were ones in the masks subtracted from `counts` and in the first `count` lanes of `mask`. */
// @ts-ignore: decorator
@inline
export function countPart(counts: v128, mask: v128, count: usize): v128 {
  return i32x4.sub(counts, v128.and(mask, lanesBelow(count)));
}
