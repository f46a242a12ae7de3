/** Where a value stands among rising ones. */

/** How many of the 16 rising float32 at `row` are at or below the value, which all lanes of `v` hold; NaN compares
 * false. */
// @ts-ignore: decorator
@inline
export function reached16(v: v128, row: usize): u32 {
  const first = i16x8.narrow_i32x4_s(f32x4.ge(v, v128.load(row)), f32x4.ge(v, v128.load(row, 16)));
  const second = i16x8.narrow_i32x4_s(f32x4.ge(v, v128.load(row, 32)), f32x4.ge(v, v128.load(row, 48)));
  return popcnt<u32>(i8x16.bitmask(i8x16.narrow_i16x8_s(first, second)));
}
