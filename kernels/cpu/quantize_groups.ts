/** Stage quantize_groups: float32 values to packed codes of 1 to 8 bits by boundaries, after scaling by groups.
 * Twin: quantize_groups.wgsl */
import { LANE } from './block_sums';
import { ftz4 } from './ftz';
import { store16 } from './pack';
import { countUpTo } from './search';

/** Codes of up to so many bits are found by comparing with every boundary, four values at a time. */
const NARROW: i32 = 4;

// @ts-ignore: decorator
@inline
function scaled4(x: usize, inverse: v128): v128 {
  return ftz4(f32x4.mul(ftz4(v128.load(x)), inverse));
}

/** Sixteen narrow codes to 2·bits bytes at `at`; up to 8 − bits bytes behind them are overwritten. */
// @ts-ignore: decorator
@inline
function packNarrow(x: usize, inverse: v128, boundaries: usize, bits: i32, at: usize): void {
  const v0 = scaled4(x, inverse);
  const v1 = scaled4(x + 16, inverse);
  const v2 = scaled4(x + 32, inverse);
  const v3 = scaled4(x + 48, inverse);
  let c0 = i32x4.splat(0);
  let c1 = c0;
  let c2 = c0;
  let c3 = c0;
  const end = boundaries + (((<usize>1 << bits) - 1) << 2);
  for (let b = boundaries; b < end; b += 4) {
    const boundary = v128.load32_splat(b);
    c0 = i32x4.sub(c0, f32x4.ge(v0, boundary));
    c1 = i32x4.sub(c1, f32x4.ge(v1, boundary));
    c2 = i32x4.sub(c2, f32x4.ge(v2, boundary));
    c3 = i32x4.sub(c3, f32x4.ge(v3, boundary));
  }
  store16(i16x8.narrow_i32x4_u(c0, c1), i16x8.narrow_i32x4_u(c2, c3), bits, at);
}

/** Four wide codes. */
// @ts-ignore: decorator
@inline
function search4(x: usize, inverse: v128, boundaries: usize, bits: i32): u64 {
  const v = scaled4(x, inverse);
  const c0 = countUpTo(f32x4.extract_lane(v, 0), boundaries, bits);
  const c1 = countUpTo(f32x4.extract_lane(v, 1), boundaries, bits);
  const c2 = countUpTo(f32x4.extract_lane(v, 2), boundaries, bits);
  const c3 = countUpTo(f32x4.extract_lane(v, 3), boundaries, bits);
  return <u64>(c0 | (c1 << bits)) | (<u64>(c2 | (c3 << bits)) << (2 * bits));
}

/** Codes of one whole lane: 32 values to 4·bits bytes at `at`; up to 8 − bits bytes behind them are overwritten. */
// @ts-ignore: decorator
@inline
function packLane(x: usize, inverse: v128, boundaries: usize, bits: i32, at: usize): void {
  if (bits <= NARROW) {
    packNarrow(x, inverse, boundaries, bits, at);
    packNarrow(x + 64, inverse, boundaries, bits, at + 2 * bits);
    return;
  }
  for (const end = x + (LANE << 2); x < end; x += 32, at += bits) {
    const low = search4(x, inverse, boundaries, bits);
    store<u64>(at, low | (search4(x + 16, inverse, boundaries, bits) << (4 * bits)));
  }
}

/** A lane of up to 32 values, byte by byte; the last byte's other bits are zero. */
function packPart(x: usize, count: usize, inverse: v128, boundaries: usize, bits: i32, at: usize): void {
  let pending: u32 = 0;
  let held = 0;
  for (const end = x + (count << 2); x < end; x += 4) {
    const v = ftz4(f32x4.mul(ftz4(v128.load32_splat(x)), inverse));
    pending |= countUpTo(f32x4.extract_lane(v, 0), boundaries, bits) << held;
    held += bits;
    if (held >= 8) {
      store<u8>(at++, <u8>pending);
      pending >>= 8;
      held -= 8;
    }
  }
  if (held > 0) store<u8>(at, <u8>pending);
}

// @ts-ignore: decorator
@inline
function run(
  x: usize,
  scales: usize,
  groupSize: usize,
  inverse: usize,
  boundaries: usize,
  bits: i32,
  codes: usize,
  count: usize,
): void {
  // Whole lanes never write past the last byte of codes, so that what follows stays as it is.
  const bytes = <usize>((<u64>count * bits + 7) >> 3);
  const end = codes + bytes;
  let at = codes;
  for (let group: usize = 0; group < count; group += groupSize, scales++) {
    const factor = v128.load32_splat(inverse + (<usize>load<u8>(scales) << 2));
    const stop = min(count, group + groupSize);
    for (let i = group; i < stop; i += LANE, at += 4 * bits) {
      const from = x + (i << 2);
      if (i + LANE <= stop && at + 4 * bits + 8 <= end) packLane(from, factor, boundaries, bits, at);
      else packPart(from, min(LANE, stop - i), factor, boundaries, bits, at);
    }
  }
  for (let rest = bytes; (rest & 3) != 0; rest++) store<u8>(codes + rest, 0);
}

/**
 * Packs the codes of `count` float32 values at `x` and zeroes the bits up to the next multiple of 4 bytes. `inverse`:
 * 256 flushed float32 for the bytes at `scales`, one a group; `boundaries`: 2^bits − 1.
 */
export function quantizeGroups(
  x: usize,
  scales: usize,
  groupSize: usize,
  inverse: usize,
  boundaries: usize,
  bits: i32,
  codes: usize,
  count: usize,
): void {
  switch (bits) {
    case 1: return run(x, scales, groupSize, inverse, boundaries, 1, codes, count);
    case 2: return run(x, scales, groupSize, inverse, boundaries, 2, codes, count);
    case 3: return run(x, scales, groupSize, inverse, boundaries, 3, codes, count);
    case 4: return run(x, scales, groupSize, inverse, boundaries, 4, codes, count);
    case 5: return run(x, scales, groupSize, inverse, boundaries, 5, codes, count);
    case 6: return run(x, scales, groupSize, inverse, boundaries, 6, codes, count);
    case 7: return run(x, scales, groupSize, inverse, boundaries, 7, codes, count);
    default: return run(x, scales, groupSize, inverse, boundaries, 8, codes, count);
  }
}
