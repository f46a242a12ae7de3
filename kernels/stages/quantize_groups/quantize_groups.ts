/** Stage quantize_groups: float32 values to packed codes of 1 to 8 bits by boundaries, after scaling each group. Twin:
 * quantize_groups.wgsl */
import { LANE } from '../../shared/block_sums';
import { ftz4 } from '../../shared/ftz';
import { store16 } from '../../shared/pack';
import { reached16 } from '../../shared/search';

/** Codes of up to this many bits are found by comparing with every boundary, four values at a time. For wider ones,
 * boundaries come in rows of sixteen: comparing with each row's last one finds the row. */
const NARROW: i32 = 4;

/** Bytes of sixteen float32. */
const ROW: usize = 64;

// @ts-ignore: decorator
@inline
function scaled4(x: usize, inverse: v128): v128 {
  return ftz4(f32x4.mul(ftz4(v128.load(x)), inverse));
}

/** Sixteen codes to 2·bits bytes at `at`; up to 8 − bits bytes after them are overwritten. */
// @ts-ignore: decorator
@inline
function pack16(x: usize, inverse: v128, boundaries: usize, bits: i32, at: usize): void {
  const v0 = scaled4(x, inverse);
  const v1 = scaled4(x + 16, inverse);
  const v2 = scaled4(x + 32, inverse);
  const v3 = scaled4(x + 48, inverse);
  let c0 = i32x4.splat(0);
  let c1 = c0;
  let c2 = c0;
  let c3 = c0;
  const step: usize = bits <= NARROW ? 4 : ROW;
  const end = boundaries + (4 << bits) - 4;
  for (let b = boundaries + step - 4; b < end; b += step) {
    const boundary = v128.load32_splat(b);
    c0 = i32x4.sub(c0, f32x4.ge(v0, boundary));
    c1 = i32x4.sub(c1, f32x4.ge(v1, boundary));
    c2 = i32x4.sub(c2, f32x4.ge(v2, boundary));
    c3 = i32x4.sub(c3, f32x4.ge(v3, boundary));
  }
  if (bits <= NARROW) {
    store16(i16x8.narrow_i32x4_u(c0, c1), i16x8.narrow_i32x4_u(c2, c3), bits, at);
    return;
  }
  store<u64>(at, wide4(v0, c0, boundaries, bits) | (wide4(v1, c1, boundaries, bits) << (4 * bits)));
  store<u64>(at + bits, wide4(v2, c2, boundaries, bits) | (wide4(v3, c3, boundaries, bits) << (4 * bits)));
}

/** The wide code of one value, whose row is known. */
// @ts-ignore: decorator
@inline
function wideOf(v: v128, row: u32, boundaries: usize): u32 {
  return (row << 4) + reached16(v, boundaries + <usize>row * ROW);
}

/** Four wide codes. */
// @ts-ignore: decorator
@inline
function wide4(v: v128, rows: v128, boundaries: usize, bits: i32): u64 {
  const c0 = wideOf(v128.shuffle<i32>(v, v, 0, 0, 0, 0), i32x4.extract_lane(rows, 0), boundaries);
  const c1 = wideOf(v128.shuffle<i32>(v, v, 1, 1, 1, 1), i32x4.extract_lane(rows, 1), boundaries);
  const c2 = wideOf(v128.shuffle<i32>(v, v, 2, 2, 2, 2), i32x4.extract_lane(rows, 2), boundaries);
  const c3 = wideOf(v128.shuffle<i32>(v, v, 3, 3, 3, 3), i32x4.extract_lane(rows, 3), boundaries);
  return <u64>(c0 | (c1 << bits)) | (<u64>(c2 | (c3 << bits)) << (2 * bits));
}

/** The code of the value in all lanes, of any width. */
// @ts-ignore: decorator
@inline
function codeOf(v: v128, boundaries: usize, bits: i32): u32 {
  let code: u32 = 0;
  for (let row = boundaries; row < boundaries + (4 << bits); row += ROW) code += reached16(v, row);
  return code;
}

/** A lane of up to 32 values, byte by byte; the last byte's other bits are zero. */
function packPart(x: usize, count: usize, inverse: v128, boundaries: usize, bits: i32, at: usize): void {
  let pending: u32 = 0;
  let held = 0;
  for (const end = x + (count << 2); x < end; x += 4) {
    const v = ftz4(f32x4.mul(ftz4(v128.load32_splat(x)), inverse));
    pending |= codeOf(v, boundaries, bits) << held;
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
  // Whole lanes never write past the last byte of codes, so that what follows is left alone.
  const bytes = <usize>((<u64>count * bits + 7) >> 3);
  const end = codes + bytes;
  let at = codes;
  // Pads the last row with boundaries that no value reaches.
  for (let i: usize = (1 << bits) - 1; i < <usize>max(16, 1 << bits); i++) store<f32>(boundaries + (i << 2), NaN);
  for (let group: usize = 0; group < count; group += groupSize, scales++) {
    const factor = v128.load32_splat(inverse + (<usize>load<u8>(scales) << 2));
    const stop = min(count, group + groupSize);
    for (let i = group; i < stop; i += LANE, at += 4 * bits) {
      const from = x + (i << 2);
      if (i + LANE <= stop && at + 4 * bits + 8 <= end) {
        pack16(from, factor, boundaries, bits, at);
        pack16(from + 64, factor, boundaries, bits, at + 2 * bits);
      } else packPart(from, min(LANE, stop - i), factor, boundaries, bits, at);
    }
  }
  for (let rest = bytes; (rest & 3) != 0; rest++) store<u8>(codes + rest, 0);
}

/**
 * Packs the codes of `count` float32 values at `x` and zeroes the bits up to the next multiple of 4 bytes. `inverse`:
 * 256 flushed float32 for the bytes at `scales`, one per group; `boundaries`: 2^bits − 1 rising ones, with room for 16
 * or 2^bits.
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
