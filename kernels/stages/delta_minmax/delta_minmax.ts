/** Stage delta_minmax: a chunk's task vector, its smallest and its largest value. Twin: delta_minmax.wgsl */
import { BF16, decode1, decode4, F16, F32, None, nonFinite4, shiftOf, TYPE_BF16, TYPE_F16, TYPE_F32 } from '../../shared/decode';
import { storeExtent } from '../../shared/extent';
import { ftz4 } from '../../shared/ftz';

// @ts-ignore: decorator
@inline
function delta4<T, R>(tuned: usize, reference: usize): v128 {
  if (isBoolean<R>()) return decode4<T>(tuned);
  return ftz4(f32x4.sub(decode4<T>(tuned), decode4<R>(reference)));
}

// @ts-ignore: decorator
@inline
function delta1<T, R>(tuned: usize, reference: usize): v128 {
  if (isBoolean<R>()) return decode1<T>(tuned);
  return ftz4(f32x4.sub(decode1<T>(tuned), decode1<R>(reference)));
}

/** T, R: element types of `tuned` and `reference`; O: F32 to store the differences, None to store nothing. */
function run<T, R, O>(tuned: usize, reference: usize, out: usize, count: usize, extent: usize): void {
  let lowA = f32x4.splat(f32.POSITIVE_INFINITY);
  let lowB = lowA;
  let highA = f32x4.splat(f32.NEGATIVE_INFINITY);
  let highB = highA;
  let nonFinite = i32x4.splat(0);
  let i: usize = 0;
  // Two sets of four lanes at a time; otherwise the chains of minima would be the bottleneck.
  for (; i + 8 <= count; i += 8) {
    const t = tuned + (i << shiftOf<T>());
    const r = reference + (i << shiftOf<R>());
    const a = delta4<T, R>(t, r);
    const b = delta4<T, R>(t + (4 << shiftOf<T>()), r + (4 << shiftOf<R>()));
    if (!isBoolean<O>()) {
      v128.store(out + (i << 2), a);
      v128.store(out + (i << 2), b, 16);
    }
    const badA = nonFinite4(a);
    const badB = nonFinite4(b);
    nonFinite = v128.or(nonFinite, v128.or(badA, badB));
    // A NaN loses every comparison of pmin and pmax.
    lowA = f32x4.pmin(lowA, v128.or(a, badA));
    lowB = f32x4.pmin(lowB, v128.or(b, badB));
    highA = f32x4.pmax(highA, v128.or(a, badA));
    highB = f32x4.pmax(highB, v128.or(b, badB));
  }
  for (; i < count; i++) {
    const a = delta1<T, R>(tuned + (i << shiftOf<T>()), reference + (i << shiftOf<R>()));
    if (!isBoolean<O>()) store<f32>(out + (i << 2), f32x4.extract_lane(a, 0));
    const bad = nonFinite4(a);
    nonFinite = v128.or(nonFinite, bad);
    lowA = f32x4.pmin(lowA, v128.or(a, bad));
    highA = f32x4.pmax(highA, v128.or(a, bad));
  }
  storeExtent(extent, f32x4.pmin(lowA, lowB), f32x4.pmax(highA, highB), nonFinite);
}

// @ts-ignore: decorator
@inline
function withReference<T, O>(
  tuned: usize,
  reference: usize,
  referenceType: i32,
  out: usize,
  count: usize,
  extent: usize,
): void {
  if (referenceType == TYPE_F32) run<T, F32, O>(tuned, reference, out, count, extent);
  else if (referenceType == TYPE_F16) run<T, F16, O>(tuned, reference, out, count, extent);
  else if (referenceType == TYPE_BF16) run<T, BF16, O>(tuned, reference, out, count, extent);
  else run<T, None, O>(tuned, reference, out, count, extent);
}

// @ts-ignore: decorator
@inline
function withTuned<O>(
  tuned: usize,
  tunedType: i32,
  reference: usize,
  referenceType: i32,
  out: usize,
  count: usize,
  extent: usize,
): void {
  if (tunedType == TYPE_F32) withReference<F32, O>(tuned, reference, referenceType, out, count, extent);
  else if (tunedType == TYPE_F16) withReference<F16, O>(tuned, reference, referenceType, out, count, extent);
  else withReference<BF16, O>(tuned, reference, referenceType, out, count, extent);
}

/**
 * x[i] = ftz(tuned[i] - reference[i]) as float32 at `out` (0: not stored), {min, max, finite} at `extent`.
 * `referenceType` TYPE_NONE: x[i] = tuned[i].
 */
export function deltaMinmax(
  tuned: usize,
  tunedType: i32,
  reference: usize,
  referenceType: i32,
  out: usize,
  count: usize,
  extent: usize,
): void {
  if (out != 0) withTuned<F32>(tuned, tunedType, reference, referenceType, out, count, extent);
  else withTuned<None>(tuned, tunedType, reference, referenceType, out, count, extent);
}
