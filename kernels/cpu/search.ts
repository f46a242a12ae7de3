/** Binary search without branches, which no processor could predict. */

/** How many of the 2^bits − 1 rising float32 at `table` are not above `v`; 0 for a NaN. */
// @ts-ignore: decorator
@inline
export function countUpTo(v: f32, table: usize, bits: i32): u32 {
  let found: u32 = 0;
  for (let bit = bits - 1; bit >= 0; bit--) {
    const middle = load<f32>(table + ((found + (1 << bit) - 1) << 2));
    found += <u32>(v >= middle) << bit;
  }
  return found;
}
