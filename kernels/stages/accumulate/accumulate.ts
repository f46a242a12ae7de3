/** Stage accumulate: the running sum of fine-tuned checkpoints. Twin: accumulate.wgsl */
import { BF16, decode1, decode4, F16, F32, shiftOf, TYPE_F16, TYPE_F32 } from '../../shared/decode';
import { ftz4 } from '../../shared/ftz';

function start<T>(sum: usize, tuned: usize, count: usize): void {
  let i: usize = 0;
  for (; i + 4 <= count; i += 4) v128.store(sum + (i << 2), decode4<T>(tuned + (i << shiftOf<T>())));
  for (; i < count; i++) {
    store<f32>(sum + (i << 2), f32x4.extract_lane(decode1<T>(tuned + (i << shiftOf<T>())), 0));
  }
}

function add<T>(sum: usize, tuned: usize, count: usize): void {
  let i: usize = 0;
  for (; i + 4 <= count; i += 4) {
    const at = sum + (i << 2);
    v128.store(at, ftz4(f32x4.add(decode4<F32>(at), decode4<T>(tuned + (i << shiftOf<T>())))));
  }
  for (; i < count; i++) {
    const at = sum + (i << 2);
    const v = ftz4(f32x4.add(decode1<F32>(at), decode1<T>(tuned + (i << shiftOf<T>()))));
    store<f32>(at, f32x4.extract_lane(v, 0));
  }
}

// @ts-ignore: decorator
@inline
function run<T>(sum: usize, tuned: usize, first: bool, count: usize): void {
  if (first) start<T>(sum, tuned, count);
  else add<T>(sum, tuned, count);
}

/** sum[i] = ftz(sum[i] + tuned[i]), or tuned[i] when `first`. */
export function accumulate(sum: usize, tuned: usize, tunedType: i32, first: bool, count: usize): void {
  if (tunedType == TYPE_F32) run<F32>(sum, tuned, first, count);
  else if (tunedType == TYPE_F16) run<F16>(sum, tuned, first, count);
  else run<BF16>(sum, tuned, first, count);
}
