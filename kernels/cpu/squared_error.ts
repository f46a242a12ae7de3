/** Stage squared_error: sums of (x-y)² and x² in one fixed order. Twin: squared_error.wgsl */
import { across, addTree, LANE, LANES, term4, termsOf } from './block_sums';
import { F32, None } from './decode';
import { ftz4 } from './ftz';

/** Sums one lane, of `count` values when it is a part, into `error` and `energy`, one float32 each. No flush: sums
 * of flushed squares are 0 or at least 2^-126. */
// @ts-ignore: decorator
@inline
function sumLane<P>(x: usize, y: usize, count: usize, error: usize, energy: usize): void {
  let errors = f32x4.splat(0);
  let energies = f32x4.splat(0);
  for (let i: usize = 0; i < termsOf<P>(count); i += 4) {
    const a = term4<P>(x + (i << 2), count - i);
    const d = ftz4(f32x4.sub(a, term4<P>(y + (i << 2), count - i)));
    errors = f32x4.add(errors, ftz4(f32x4.mul(d, d)));
    energies = f32x4.add(energies, ftz4(f32x4.mul(a, a)));
  }
  store<f32>(error, across(errors));
  store<f32>(energy, across(energies));
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
    if (whole < LANES) memory.fill(lanes, 0, LANES << 3);
    let at = i << 2;
    for (let l: usize = 0; l < whole << 2; l += 4, at += LANE << 2) {
      sumLane<None>(x + at, y + at, LANE, errors + l, energies + l);
    }
    if (whole < LANES) {
      const l = whole << 2;
      sumLane<F32>(x + at, y + at, size - whole * LANE, errors + l, energies + l);
    }
    error += addTree(errors);
    energy += addTree(energies);
  }
  store<f64>(sums, error);
  store<f64>(sums, energy, 8);
}
