/** Counting and gathering magnitude keys by some of their bits, the building blocks of selection by rank. */
import { decode4, F32 } from './decode';
import { lanesBelow, magnitude4 } from './vectors';

/** log2 of a bin's bytes: eight counters that take turns, because a second increment of one must wait for the first, and
 * a tensor's magnitudes crowd into few bins. */
const BIN: i32 = 5;

/** Offsets in the working memory, which begins with the counters of at most 2048 bins. This one: which lanes each set of
 * lanes is gathered from. */
const TABLE: usize = 2048 << BIN;

// @ts-ignore: decorator
@inline
function increment(at: usize): void {
  store<u32>(at, load<u32>(at) + 1);
}

/** Four bins' offsets, 16 bits each; the first counts at `counters`. */
// @ts-ignore: decorator
@inline
function increment4(offsets: u64, counters: usize): void {
  increment(counters + (<usize>offsets & 0xffff));
  increment(counters + (<usize>(offsets >> 16) & 0xffff) + 4);
  increment(counters + (<usize>(offsets >> 32) & 0xffff) + 8);
  increment(counters + <usize>(offsets >> 48) + 12);
}

// @ts-ignore: decorator
@inline
function offsets4(x: usize, shift: i32, mask: v128): v128 {
  return v128.and(i32x4.shl(i32x4.shr_u(v128.load(x), shift), BIN), mask);
}

/** Sets the counters of `bins` bins to zero. */
export function clearBins(bins: usize, work: usize): void {
  memory.fill(work, 0, bins << BIN);
}

/** Counts bits [shift, shift + bits) of the values at `x`, which are not flushed. */
export function countKeys(x: usize, count: usize, shift: i32, bits: i32, work: usize): void {
  const mask = i32x4.splat(((1 << bits) - 1) << BIN);
  const end = x + (count << 2);
  for (; x + 32 <= end; x += 32) {
    const offsets = i16x8.narrow_i32x4_u(offsets4(x, shift, mask), offsets4(x + 16, shift, mask));
    increment4(i64x2.extract_lane(offsets, 0), work);
    increment4(i64x2.extract_lane(offsets, 1), work + 16);
  }
  for (; x < end; x += 4) increment(work + i32x4.extract_lane(offsets4(x, shift, mask), 0));
}

/** What was counted in a bin. */
// @ts-ignore: decorator
@inline
export function binCount(bin: usize, work: usize): u32 {
  const at = work + (bin << BIN);
  const four = i32x4.add(v128.load(at), v128.load(at, 16));
  const two = i32x4.add(four, v128.shuffle<i32>(four, four, 2, 3, 0, 1));
  return i32x4.extract_lane(two, 0) + i32x4.extract_lane(two, 1);
}

/** Fills gatherKeys's table: for each set of lanes, the byte shuffle that moves them to the front. */
export function makeTable(work: usize): void {
  for (let set = 0; set < 16; set++) {
    let at = work + TABLE + (set << 4);
    for (let lane = 0; lane < 4; lane++) {
      if (((set >> lane) & 1) == 0) continue;
      store<u32>(at, 0x03020100 + 0x04040404 * lane);
      at += 4;
    }
  }
}

// @ts-ignore: decorator
@inline
function gather4(key: v128, matches: v128, work: usize, out: usize): usize {
  const set = i32x4.bitmask(matches);
  v128.store(out, i8x16.swizzle(key, v128.load(work + TABLE + (set << 4))));
  return out + (popcnt(set) << 2);
}

/**
 * Puts the keys of the values at `x` whose bits above `shift` equal `prefix` side by side at `out`, which may be `x`;
 * returns how many. Branch-free, since matches come at random. Up to 12 bytes past the values are read, up to 16 past
 * what is returned are written.
 */
export function gatherKeys(x: usize, count: usize, shift: i32, prefix: i32, work: usize, out: usize): usize {
  const wanted = i32x4.splat(prefix);
  const end = x + (count << 2);
  let at = out;
  for (; x + 16 <= end; x += 16) {
    const key = magnitude4(decode4<F32>(x));
    at = gather4(key, i32x4.eq(i32x4.shr_u(key, shift), wanted), work, at);
  }
  if (x < end) {
    const key = magnitude4(decode4<F32>(x));
    const matches = i32x4.eq(i32x4.shr_u(key, shift), wanted);
    at = gather4(key, v128.and(matches, lanesBelow((end - x) >> 2)), work, at);
  }
  return (at - out) >> 2;
}
