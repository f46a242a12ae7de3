/** Stage quantize_pack: float32 differences to packed codes of 1 to 8 bits, and the error. Twin: quantize_pack.wgsl */
import { across, addTree, LANE, LANES } from '../../shared/block_sums';
import { decode1, decode4, F32 } from '../../shared/decode';
import { ftz4 } from '../../shared/ftz';
import { store16 } from '../../shared/pack';

/** 1.5·2^23: added to a value of [0, 255] it leaves it, rounded to nearest even, in the low mantissa bits. */
const ROUNDER: f32 = 12582912;

/** Bytes between the lanes of one sum and those of the next. */
const NEXT: usize = LANES << 2;

/**
 * Codes of flushed values, plus ROUNDER. The two ftz of the definition cannot change a code and are left out: a
 * denormal product vanishes in the sum with a zero point of 1 or more, and becomes code 0 with a zero point of 0. A NaN
 * becomes code 0.
 */
// @ts-ignore: decorator
@inline
function raised4(x: v128, scale: v128, zero: v128, levels: v128): v128 {
  const v = f32x4.add(f32x4.mul(scale, x), zero);
  return f32x4.add(f32x4.pmin(levels, f32x4.pmax(f32x4.splat(0), v)), f32x4.splat(ROUNDER));
}

/** The codes that raised4 returned, in 32-bit lanes. */
// @ts-ignore: decorator
@inline
function codes4(raised: v128): v128 {
  return v128.and(raised, i32x4.splat(0xff));
}

/** The error of raised4's codes: x − (code − zero) / scale. The ftz of the definition cannot change its square:
 * denormals matter only next to values whose squares are 0. */
// @ts-ignore: decorator
@inline
function loss4(x: v128, raised: v128, scale: v128, zero: v128): v128 {
  const code = f32x4.sub(raised, f32x4.splat(ROUNDER));
  return f32x4.sub(x, f32x4.div(f32x4.sub(code, zero), scale));
}

/** Codes of eight values in 16-bit lanes. */
// @ts-ignore: decorator
@inline
function codes8(x: usize, scale: v128, zero: v128, levels: v128): v128 {
  return i16x8.narrow_i32x4_u(
    codes4(raised4(v128.load(x), scale, zero, levels)),
    codes4(raised4(v128.load(x, 16), scale, zero, levels)),
  );
}

// @ts-ignore: decorator
@inline
function square4(v: v128): v128 {
  return ftz4(f32x4.mul(v, v));
}

/** Codes of one whole lane: 32 values to 4·bits bytes at `at`; up to 8 − bits bytes after them are overwritten. */
// @ts-ignore: decorator
@inline
function packLane(x: usize, scale: v128, zero: v128, bits: i32, at: usize): void {
  const levels = f32x4.splat(<f32>((1 << bits) - 1));
  for (let half: usize = 0; half < 2; half++) {
    const from = x + (half << 6);
    store16(codes8(from, scale, zero, levels), codes8(from + 32, scale, zero, levels), bits, at + half * 2 * bits);
  }
}

/** Sums of one whole lane. */
// @ts-ignore: decorator
@inline
function sumLane(x: usize, scale: v128, zero: v128, bits: i32, sums: usize): void {
  const levels = f32x4.splat(<f32>((1 << bits) - 1));
  let errors = f32x4.splat(0);
  let energies = errors;
  for (let at = x; at < x + (LANE << 2); at += 16) {
    const v = v128.load(at);
    errors = f32x4.add(errors, square4(loss4(v, raised4(v, scale, zero, levels), scale, zero)));
    energies = f32x4.add(energies, square4(v));
  }
  store<f32>(sums, across(errors));
  store<f32>(sums + NEXT, across(energies));
}

/** A lane of up to 32 values, byte by byte; the last byte's other bits are zero. */
function partOfLane(
  x: usize,
  count: usize,
  scale: v128,
  zero: v128,
  bits: i32,
  codes: usize,
  sums: usize,
): void {
  const levels = f32x4.splat(<f32>((1 << bits) - 1));
  let errors = f32x4.splat(0);
  let energies = errors;
  let at = codes;
  let pending: u32 = 0;
  let held = 0;
  for (let i: usize = 0; i < count; i++) {
    // Four copies of the value; only the one in its slot counts.
    const v = decode1<F32>(x + (i << 2));
    const slot = i32x4.eq(i32x4.splat(<i32>(i & 3)), i32x4(0, 1, 2, 3));
    const raised = raised4(v, scale, zero, levels);
    errors = f32x4.add(errors, v128.and(square4(loss4(v, raised, scale, zero)), slot));
    energies = f32x4.add(energies, v128.and(square4(v), slot));
    pending |= i32x4.extract_lane(codes4(raised), 0) << held;
    held += bits;
    if (held >= 8) {
      store<u8>(at++, <u8>pending);
      pending >>= 8;
      held -= 8;
    }
  }
  if (held > 0) store<u8>(at, <u8>pending);
  store<f32>(sums, across(errors));
  store<f32>(sums + NEXT, across(energies));
}

/** `lanes`: 2 KiB of working memory. */
// @ts-ignore: decorator
@inline
function run(
  x: usize,
  scale: f32,
  zero: f32,
  bits: i32,
  codes: usize,
  count: usize,
  lanes: usize,
  sums: usize,
): void {
  const scale4 = f32x4.splat(scale);
  const zero4 = f32x4.splat(zero);
  // Whole lanes never write past the last byte of codes, so that what follows is left alone.
  const bytes = (<u64>count * bits + 7) >> 3;
  const end = codes + <usize>bytes;
  let at = codes;
  for (let i: usize = 0; i < count; i += LANE * LANES) {
    const size = min(LANE * LANES, count - i);
    if (size < LANE * LANES) memory.fill(lanes, 0, 2 * NEXT);
    let lane = lanes;
    for (let j: usize = 0; j < size; j += LANE, at += 4 * bits, lane += 4) {
      const from = x + ((i + j) << 2);
      if (j + LANE <= size && at + 4 * bits + 8 <= end) {
        packLane(from, scale4, zero4, bits, at);
        sumLane(from, scale4, zero4, bits, lane);
      } else partOfLane(from, min(LANE, size - j), scale4, zero4, bits, at, lane);
    }
    store<f64>(sums, load<f64>(sums) + addTree(lanes));
    store<f64>(sums, load<f64>(sums, 8) + addTree(lanes + NEXT), 8);
  }
  for (let rest = bytes; (rest & 3) != 0; rest++) store<u8>(codes + <usize>rest, 0);
}

/**
 * Packs the codes of `count` float32 values at `x`, zeroes the bits up to the next multiple of 4 bytes, and adds the
 * squares of the errors, and of the values, to the two float64 at `sums`, block by block. `lanes` is working memory of
 * 2 KiB.
 */
export function quantizePack(
  x: usize,
  scale: f32,
  zero: f32,
  bits: i32,
  codes: usize,
  count: usize,
  lanes: usize,
  sums: usize,
): void {
  switch (bits) {
    case 1: return run(x, scale, zero, 1, codes, count, lanes, sums);
    case 2: return run(x, scale, zero, 2, codes, count, lanes, sums);
    case 3: return run(x, scale, zero, 3, codes, count, lanes, sums);
    case 4: return run(x, scale, zero, 4, codes, count, lanes, sums);
    case 5: return run(x, scale, zero, 5, codes, count, lanes, sums);
    case 6: return run(x, scale, zero, 6, codes, count, lanes, sums);
    case 7: return run(x, scale, zero, 7, codes, count, lanes, sums);
    default: return run(x, scale, zero, 8, codes, count, lanes, sums);
  }
}
