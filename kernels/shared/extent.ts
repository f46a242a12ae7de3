/** Smallest value, largest value and finiteness of lanes, written where the caller reads them. */

/** Writes {min: f32, max: f32, finite: i32} at `extent`. +infinity and -infinity if no value is finite. */
// @ts-ignore: decorator
@inline
export function storeExtent(extent: usize, low: v128, high: v128, nonFinite: v128): void {
  const low2 = f32x4.pmin(low, v128.shuffle<i32>(low, low, 2, 3, 0, 1));
  const high2 = f32x4.pmax(high, v128.shuffle<i32>(high, high, 2, 3, 0, 1));
  store<f32>(extent, min(f32x4.extract_lane(low2, 0), f32x4.extract_lane(low2, 1)));
  store<f32>(extent, max(f32x4.extract_lane(high2, 0), f32x4.extract_lane(high2, 1)), 4);
  store<i32>(extent, v128.any_true(nonFinite) ? 0 : 1, 8);
}
