/** Stage row_band: keeps a band of ranks by magnitude in each row. Twin: row_band.wgsl */
import { decode4, F32 } from '../../shared/decode';
import { binCount, clearBins, countKeys, gatherKeys, makeTable } from '../../shared/radix';
import { magnitude4, storePart } from '../../shared/vectors';

/** Bits of a key that one round of a selection decides, from the exponent down. */
const DIGIT: i32 = 8;

/** A key below all keys, and one that no key is above. */
const BELOW_ALL: i32 = -1;
const ABOVE_ALL: i32 = 0x7fffffff;

/** Index after the `ties`-th value with the given key; there must be that many. */
function endOfTies(row: usize, key: i32, ties: u32): i32 {
  const wanted = i32x4.splat(key);
  let left = <i32>ties;
  let i = 0;
  while (left > 0) {
    let found = i32x4.bitmask(i32x4.eq(magnitude4(decode4<F32>(row + (i << 2))), wanted));
    if (left > popcnt(found)) {
      left -= popcnt(found);
      i += 4;
    } else {
      // Clears the lowest bits until the one wanted is the lowest.
      for (; left > 1; left--) found &= found - 1;
      return i + ctz(found) + 1;
    }
  }
  return 0;
}

/**
 * Writes {key: i32, end: i32} at `bound` such that the values of rank below `rank`, by falling magnitude and then by
 * rising index, are those above the key and those equal to it before index `end`.
 */
function findBound(row: usize, length: usize, rank: u32, work: usize, keys: usize, bound: usize): void {
  if (rank == 0 || rank >= <u32>length) {
    store<i32>(bound, rank == 0 ? ABOVE_ALL : BELOW_ALL);
    store<i32>(bound, 0, 4);
    return;
  }
  // Rank among the keys that have the bits found so far.
  let left = rank;
  let from = row;
  let count = length;
  let prefix = 0;
  for (let above = 31; above > 0 && (count > 1 || from == row); ) {
    const bits = min(DIGIT, above);
    above -= bits;
    clearBins(1 << bits, work);
    countKeys(from, count, above, bits, work);
    let bin: usize = (1 << bits) - 1;
    let inBin = binCount(bin, work);
    while (left >= inBin) {
      left -= inBin;
      inBin = binCount(--bin, work);
    }
    prefix = (prefix << bits) | <i32>bin;
    count = gatherKeys(from, count, above, prefix, work, keys);
    from = keys;
  }
  const key = load<i32>(keys);
  store<i32>(bound, key);
  store<i32>(bound, endOfTies(row, key, left), 4);
}

/** All ones in the lanes that come before the rank of `bound`. */
// @ts-ignore: decorator
@inline
function before4(key: v128, index: v128, boundKey: v128, boundEnd: v128): v128 {
  const tied = v128.and(i32x4.eq(key, boundKey), i32x4.lt_s(index, boundEnd));
  return v128.or(i32x4.gt_s(key, boundKey), tied);
}

/**
 * In each row, +0 for the ranks below `drop` and from `drop + keep` on. `work`: memory of radix.ts; `keys`: room for
 * a row and 4 more. Up to 12 bytes past the values are read.
 */
export function rowBand(
  x: usize,
  rows: usize,
  length: usize,
  drop: u32,
  keep: u32,
  work: usize,
  keys: usize,
  bound: usize,
): void {
  makeTable(work);
  for (let row = x; row < x + ((rows * length) << 2); row += length << 2) {
    findBound(row, length, drop, work, keys, bound);
    const dropKey = v128.load32_splat(bound);
    const dropEnd = v128.load32_splat(bound, 4);
    findBound(row, length, drop + keep, work, keys, bound);
    const keepKey = v128.load32_splat(bound);
    const keepEnd = v128.load32_splat(bound, 4);
    let index = i32x4(0, 1, 2, 3);
    const end = row + (length << 2);
    for (let at = row; at < end; at += 16) {
      const v = decode4<F32>(at);
      const key = magnitude4(v);
      const kept = v128.and(v, before4(key, index, keepKey, keepEnd));
      const band = v128.andnot(kept, before4(key, index, dropKey, dropEnd));
      if (at + 16 <= end) v128.store(at, band);
      else storePart(at, band, (end - at) >> 2);
      index = i32x4.add(index, i32x4.splat(4));
    }
  }
}
