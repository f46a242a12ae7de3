/** Rounds float64 values to float32 in place. */

/** `count` float64 at `at` become `count` float32 at `at`, rounded to nearest even. */
export function demote(at: usize, count: usize): void {
  let i: usize = 0;
  // Each round loads before it stores, and its store ends no later than where the next round's loads begin.
  for (; i + 4 <= count; i += 4) {
    const low = f32x4.demote_f64x2_zero(v128.load(at + (i << 3)));
    const high = f32x4.demote_f64x2_zero(v128.load(at + (i << 3), 16));
    v128.store(at + (i << 2), v128.shuffle<i64>(low, high, 0, 2));
  }
  for (; i < count; i++) store<f32>(at + (i << 2), <f32>load<f64>(at + (i << 3)));
}
