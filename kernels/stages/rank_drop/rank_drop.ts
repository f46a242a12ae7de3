/** Stage rank_drop: drops values at random, small ones more often than large ones (DELLA). Twin: rank_drop.wgsl */
import { decode4, F32 } from '../../shared/decode';
import { ftz4 } from '../../shared/ftz';
import { randomWords } from '../../shared/philox';
import { storePart } from '../../shared/vectors';

/** Values whose random words are generated at once: few enough to stay in the first-level cache. */
const BLOCK: usize = 1024;

/** Bits of a key that one pass of the sort handles; the last takes one more, so that three passes are enough. */
const DIGIT: i32 = 10;

/** Where the counters of each pass begin in the working memory. */
const LOW: usize = 0;
const MIDDLE: usize = 4 << DIGIT;
const HIGH: usize = 8 << DIGIT;
const END: usize = 16 << DIGIT;

// @ts-ignore: decorator
@inline
function digitOf(key: u32, pass: i32): usize {
  return ((key >> (DIGIT * pass)) & (pass == 2 ? (2 << DIGIT) - 1 : (1 << DIGIT) - 1)) << 2;
}

// @ts-ignore: decorator
@inline
function increment(at: usize): u32 {
  const before = load<u32>(at);
  store<u32>(at, before + 1);
  return before;
}

/** Turns counts into positions: how many values come before. */
function addUp(counters: usize, end: usize): void {
  let before: u32 = 0;
  for (; counters < end; counters += 4) {
    const count = load<u32>(counters);
    store<u32>(counters, before);
    before += count;
  }
}

/** One pass of a stable sort of {index: u32, key: u32}. */
// @ts-ignore: decorator
@inline
function sortBy(pass: i32, counters: usize, from: usize, to: usize, length: usize): void {
  for (const end = from + (length << 3); from < end; from += 8) {
    const position = increment(counters + digitOf(load<u32>(from, 4), pass));
    store<u64>(to + (<usize>position << 3), load<u64>(from));
  }
}

/** Writes low + rank·step of each value of a row at `keeps`, rank by rising magnitude, then by rising index.
 * `keeps` and `pairs` have 8 bytes for each value. */
function rankRow(
  row: usize,
  length: usize,
  low: u32,
  step: u32,
  work: usize,
  keeps: usize,
  pairs: usize,
): void {
  memory.fill(work, 0, END);
  for (let i: usize = 0; i < length; i++) {
    const bits = load<u32>(row + (i << 2)) & 0x7fffffff;
    const key = bits < 0x00800000 ? 0 : bits;
    increment(work + LOW + digitOf(key, 0));
    increment(work + MIDDLE + digitOf(key, 1));
    increment(work + HIGH + digitOf(key, 2));
    store<u64>(pairs + (i << 3), ((<u64>key) << 32) | <u64>i);
  }
  addUp(work + LOW, work + MIDDLE);
  addUp(work + MIDDLE, work + HIGH);
  addUp(work + HIGH, work + END);
  sortBy(0, work + LOW, pairs, keeps, length);
  sortBy(1, work + MIDDLE, keeps, pairs, length);
  for (let at = pairs; at < pairs + (length << 3); at += 8) {
    const rank = increment(work + HIGH + digitOf(load<u32>(at, 4), 2));
    store<u32>(keeps + (<usize>load<u32>(at) << 2), low + rank * step);
  }
}

// @ts-ignore: decorator
@inline
function dropped4(x: usize, words: usize, keeps: usize, rescale: v128): v128 {
  const keep = v128.load(keeps);
  const v = decode4<F32>(x);
  const factor = f32x4.div(f32x4.splat(4294967296), f32x4.convert_i32x4_u(keep));
  const value = v128.bitselect(ftz4(f32x4.mul(v, factor)), v, rescale);
  // No word is below a keep of 0, so its infinite factor is never used.
  return v128.and(value, i32x4.lt_u(v128.load(words), keep));
}

/**
 * In each row, x = +0 where the random word is not below keep = low + rank·step, else x·(2^32 / keep) when
 * `rescale`. x[0] is element `index` of its tensor. `work`: 16 KiB; `words`: room for 1040 words; `pairs`: 16 bytes
 * for each value of a row. Up to 12 bytes past the values are read.
 */
export function rankDrop(
  x: usize,
  rows: usize,
  length: usize,
  low: u32,
  step: u32,
  rescale: bool,
  seed0: u32,
  seed1: u32,
  tensor: u32,
  task: u32,
  index: f64,
  work: usize,
  words: usize,
  pairs: usize,
): void {
  const rescale4 = i32x4.splat(rescale ? -1 : 0);
  let element = <u64>index;
  for (let row: usize = 0; row < rows; row++) {
    rankRow(x, length, low, step, work, pairs, pairs + (length << 3));
    for (let i: usize = 0; i < length; i += BLOCK) {
      const size = min(BLOCK, length - i);
      const skipped = <usize>element & 3;
      randomWords(<u32>(element >> 2), seed0, seed1, tensor, task, size + skipped, words);
      const end = x + (size << 2);
      let word = words + (skipped << 2);
      let keep = pairs + (i << 2);
      for (; x + 16 <= end; x += 16, word += 16, keep += 16) {
        v128.store(x, dropped4(x, word, keep, rescale4));
      }
      if (x < end) storePart(x, dropped4(x, word, keep, rescale4), (end - x) >> 2);
      x = end;
      element += size;
    }
  }
}
