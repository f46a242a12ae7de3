/** Stage squared_error: sums of (x-y)² and x² in one fixed order. Twin: squared_error.wgsl */
import { decode1, decode4, F32 } from './decode';
import { ftz4 } from './ftz';

/** Consecutive values that one lane sums. */
const LANE: usize = 32;

/** Lanes of a block. */
const LANES: usize = 256;

/** (s0+s1)+(s2+s3) of a lane's four sums. No flush: sums of flushed squares are 0 or at least 2^-126. */
// @ts-ignore: decorator
@inline
function across(s: v128): f32 {
  return (
    f32x4.extract_lane(s, 0) +
    f32x4.extract_lane(s, 1) +
    (f32x4.extract_lane(s, 2) + f32x4.extract_lane(s, 3))
  );
}

/** Sums one lane of `count` <= LANE values into `error` and `energy`, one float32 each. */
// @ts-ignore: decorator
@inline
function sumLane(x: usize, y: usize, error: usize, energy: usize): void {
  let errors = f32x4.splat(0);
  let energies = f32x4.splat(0);
  for (let i: usize = 0; i < LANE << 2; i += 16) {
    const a = decode4<F32>(x + i);
    const d = ftz4(f32x4.sub(a, decode4<F32>(y + i)));
    errors = f32x4.add(errors, ftz4(f32x4.mul(d, d)));
    energies = f32x4.add(energies, ftz4(f32x4.mul(a, a)));
  }
  store<f32>(error, across(errors));
  store<f32>(energy, across(energies));
}

/** A lane that is cut off by the end of the values. */
function sumPart(x: usize, y: usize, count: usize, error: usize, energy: usize): void {
  let errors = f32x4.splat(0);
  let energies = f32x4.splat(0);
  for (let i: usize = 0; i < count; i += 4) {
    // Lanes of four past the end stay zero.
    const left = count - i;
    const keep = i32x4.gt_s(i32x4.splat(<i32>min<usize>(left, 4)), i32x4(0, 1, 2, 3));
    const a = v128.and(decode4<F32>(x + (i << 2)), keep);
    const d = ftz4(f32x4.sub(a, v128.and(decode4<F32>(y + (i << 2)), keep)));
    errors = f32x4.add(errors, ftz4(f32x4.mul(d, d)));
    energies = f32x4.add(energies, ftz4(f32x4.mul(a, a)));
  }
  store<f32>(error, across(errors));
  store<f32>(energy, across(energies));
}

/** Adds LANES float32 values at `sums` in pairs l, l+128, then l, l+64 ... l, l+1. */
// @ts-ignore: decorator
@inline
function addTree(sums: usize): f32 {
  for (let half = LANES >> 1; half >= 4; half >>= 1) {
    for (let l: usize = 0; l < half; l += 4) {
      const at = sums + (l << 2);
      v128.store(at, f32x4.add(v128.load(at), v128.load(at + (half << 2))));
    }
  }
  return load<f32>(sums) + load<f32>(sums, 8) + (load<f32>(sums, 4) + load<f32>(sums, 12));
}

/**
 * Adds the blocks of `count` values to the two float64 sums at `sums`: {error, energy}. `lanes` is working
 * memory of 2 KiB. Up to 12 bytes past the values are read.
 */
export function squaredError(x: usize, y: usize, count: usize, lanes: usize, sums: usize): void {
  let error = load<f64>(sums);
  let energy = load<f64>(sums, 8);
  const errors = lanes;
  const energies = lanes + (LANES << 2);
  for (let i: usize = 0; i < count; i += LANE * LANES) {
    const size = min(LANE * LANES, count - i);
    const whole = size / LANE;
    for (let l: usize = 0; l < whole; l++) {
      const at = (i + l * LANE) << 2;
      sumLane(x + at, y + at, errors + (l << 2), energies + (l << 2));
    }
    if (whole < LANES) {
      memory.fill(errors + (whole << 2), 0, (LANES - whole) << 2);
      memory.fill(energies + (whole << 2), 0, (LANES - whole) << 2);
      const at = (i + whole * LANE) << 2;
      sumPart(x + at, y + at, size - whole * LANE, errors + (whole << 2), energies + (whole << 2));
    }
    error += <f64>addTree(errors);
    energy += <f64>addTree(energies);
  }
  store<f64>(sums, error);
  store<f64>(sums, energy, 8);
}
