/** Stage mean_delta: the task vector of the mean of checkpoints (the shared base vector). Twin: mean_delta.wgsl */
import { BF16, decode1, decode4, F16, F32, nonFinite4, shiftOf, TYPE_F16, TYPE_F32 } from '../../shared/decode';
import { storeExtent } from '../../shared/extent';
import { ftz4 } from '../../shared/ftz';

function run<B>(sum: usize, tasks: f32, base: usize, out: usize, count: usize, extent: usize): void {
  const divisor = f32x4.splat(tasks);
  let low = f32x4.splat(f32.POSITIVE_INFINITY);
  let high = f32x4.splat(f32.NEGATIVE_INFINITY);
  let nonFinite = i32x4.splat(0);
  let i: usize = 0;
  for (; i + 4 <= count; i += 4) {
    const mean = ftz4(f32x4.div(decode4<F32>(sum + (i << 2)), divisor));
    const x = ftz4(f32x4.sub(mean, decode4<B>(base + (i << shiftOf<B>()))));
    v128.store(out + (i << 2), x);
    const bad = nonFinite4(x);
    nonFinite = v128.or(nonFinite, bad);
    low = f32x4.pmin(low, v128.or(x, bad));
    high = f32x4.pmax(high, v128.or(x, bad));
  }
  for (; i < count; i++) {
    const mean = ftz4(f32x4.div(decode1<F32>(sum + (i << 2)), divisor));
    const x = ftz4(f32x4.sub(mean, decode1<B>(base + (i << shiftOf<B>()))));
    store<f32>(out + (i << 2), f32x4.extract_lane(x, 0));
    const bad = nonFinite4(x);
    nonFinite = v128.or(nonFinite, bad);
    low = f32x4.pmin(low, v128.or(x, bad));
    high = f32x4.pmax(high, v128.or(x, bad));
  }
  storeExtent(extent, low, high, nonFinite);
}

/** x[i] = ftz(ftz(sum[i] / tasks) - base[i]) as float32 at `out`, which may be `sum`; {min, max, finite} at
 * `extent`. */
export function meanDelta(
  sum: usize,
  tasks: f32,
  base: usize,
  baseType: i32,
  out: usize,
  count: usize,
  extent: usize,
): void {
  if (baseType == TYPE_F32) run<F32>(sum, tasks, base, out, count, extent);
  else if (baseType == TYPE_F16) run<F16>(sum, tasks, base, out, count, extent);
  else run<BF16>(sum, tasks, base, out, count, extent);
}
