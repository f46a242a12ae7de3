/** Stage sign_counts: how many values are above and below zero. Twin: sign_counts.wgsl */
import { decode4, F32 } from '../../shared/decode';
import { countPart, total4 } from '../../shared/vectors';

/** Writes {positive: u32, negative: u32} at `counts`. Up to 12 bytes past the values are read. */
export function signCounts(x: usize, count: usize, counts: usize): void {
  const zero = i32x4.splat(0);
  const end = x + (count << 2);
  let positive = zero;
  let negative = zero;
  for (; x + 16 <= end; x += 16) {
    const v = decode4<F32>(x);
    positive = i32x4.sub(positive, i32x4.gt_s(v, zero));
    negative = i32x4.sub(negative, i32x4.lt_s(v, zero));
  }
  if (x < end) {
    const v = decode4<F32>(x);
    positive = countPart(positive, i32x4.gt_s(v, zero), (end - x) >> 2);
    negative = countPart(negative, i32x4.lt_s(v, zero), (end - x) >> 2);
  }
  store<i32>(counts, total4(positive));
  store<i32>(counts, total4(negative), 4);
}
