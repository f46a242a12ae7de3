/** Stage group_scales: the byte of each group's mean square. Twin: group_scales.wgsl */
import { across, LANE, term4, termsOf } from '../../shared/block_sums';
import { F32, None } from '../../shared/decode';
import { ftz4 } from '../../shared/ftz';
import { reached16 } from '../../shared/search';

/** Bytes of sixteen float32. */
const ROW: usize = 64;

/** Bytes of a float32 for each byte of a scale: sixteen rows. */
const TABLE: usize = 16 * ROW;

/** Writes what the sums of groups of `size` values are compared with: ftz(t·size), then each row's last one. Neither the
 * 256th threshold nor the last row's is ever reached. */
function scaleThresholds(thresholds: usize, size: usize, scaled: usize): void {
  const n = f32x4.splat(<f32>size);
  for (let at: usize = 0; at < TABLE; at += 16) {
    v128.store(scaled + at, ftz4(f32x4.mul(v128.load(thresholds + at), n)));
  }
  store<f32>(scaled + TABLE - 4, NaN);
  for (let row: usize = 0; row < 16; row++) {
    store<f32>(scaled + TABLE + (row << 2), load<f32>(scaled + (row + 1) * ROW - 4));
  }
}

/** How many of the thresholds at `scaled` a sum reaches. */
// @ts-ignore: decorator
@inline
function byteOf(sum: f32, scaled: usize): u32 {
  const v = f32x4.splat(sum);
  const row = reached16(v, scaled + TABLE);
  return (row << 4) + reached16(v, scaled + <usize>row * ROW);
}

/** Σx² of a lane, of `count` values when it is a part; sums of squares need no flush. */
// @ts-ignore: decorator
@inline
function laneSum<P>(x: usize, count: usize): f32 {
  let squares = f32x4.splat(0);
  for (let i: usize = 0; i < termsOf<P>(count); i += 4) {
    const v = term4<P>(x + (i << 2), count - i);
    squares = f32x4.add(squares, ftz4(f32x4.mul(v, v)));
  }
  return across(squares);
}

/** Σx² of a group of `size` values in `lanes` lanes, whose sums are kept at `sums`. */
// @ts-ignore: decorator
@inline
function groupSum(x: usize, size: usize, lanes: usize, sums: usize): f32 {
  const whole = size / LANE;
  for (let l: usize = 0; l < whole; l++) store<f32>(sums + (l << 2), laneSum<None>(x + l * (LANE << 2), LANE));
  if (whole < lanes) {
    memory.fill(sums + (whole << 2), 0, (lanes - whole) << 2);
    store<f32>(sums + (whole << 2), laneSum<F32>(x + whole * (LANE << 2), size - whole * LANE));
  }
  for (let half = lanes >> 1; half > 0; half >>= 1) {
    for (let at = sums; at < sums + (half << 2); at += 4) {
      store<f32>(at, load<f32>(at) + load<f32>(at + (half << 2)));
    }
  }
  return load<f32>(sums);
}

/**
 * Writes the bytes of the groups of `count` values, and zeros up to the next multiple of 4 bytes. `thresholds` are 255
 * flushed float32 with room for one more, `work` is working memory of 1120 bytes. Up to 12 bytes past the values are
 * read.
 */
export function groupScales(
  x: usize,
  groupSize: usize,
  thresholds: usize,
  scales: usize,
  count: usize,
  work: usize,
): void {
  const sums = work + TABLE + ROW;
  const lanes = groupSize / LANE;
  const end = x + (count << 2);
  const step = groupSize << 2;
  let at = scales;
  scaleThresholds(thresholds, groupSize, work);
  for (; x + step <= end; x += step, at++) {
    store<u8>(at, <u8>byteOf(groupSum(x, groupSize, lanes, sums), work));
  }
  if (x < end) {
    const size = (end - x) >> 2;
    scaleThresholds(thresholds, size, work);
    store<u8>(at++, <u8>byteOf(groupSum(x, size, lanes, sums), work));
  }
  for (; ((at - scales) & 3) != 0; at++) store<u8>(at, 0);
}
