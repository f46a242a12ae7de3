/** Stage random_drop: drops values at random and rescales the others (DARE). Twin: random_drop.wgsl */
import { decode4, F32 } from '../../shared/decode';
import { ftz4 } from '../../shared/ftz';
import { randomWords } from '../../shared/philox';
import { storePart } from '../../shared/vectors';

/** Values whose random words are generated at once: few enough to stay in the first-level cache. */
const BLOCK: usize = 1024;

// @ts-ignore: decorator
@inline
function dropped4(x: usize, words: usize, keepBelow: v128, keepAll: v128, scale: v128): v128 {
  const kept = v128.or(keepAll, i32x4.lt_u(v128.load(words), keepBelow));
  return v128.and(ftz4(f32x4.mul(decode4<F32>(x), scale)), kept);
}

/**
 * x[i] = x[i]·scale where its random word is below `keepBelow` (0 to 2^32), else +0. x[0] is element 4·block of its
 * tensor; `words`: room for 1024 words. Up to 12 bytes past the values are read.
 */
export function randomDrop(
  x: usize,
  keepBelow: f64,
  scale: f32,
  seed0: u32,
  seed1: u32,
  tensor: u32,
  task: u32,
  block: u32,
  count: usize,
  words: usize,
): void {
  const keepBelow4 = i32x4.splat(<i32>(<u64>keepBelow));
  const keepAll4 = i32x4.splat(keepBelow >= 4294967296 ? -1 : 0);
  const scale4 = f32x4.splat(scale);
  for (let i: usize = 0; i < count; i += BLOCK) {
    const size = min(BLOCK, count - i);
    randomWords(block + (<u32>i >> 2), seed0, seed1, tensor, task, size, words);
    const end = x + (size << 2);
    let at = words;
    for (; x + 16 <= end; x += 16, at += 16) v128.store(x, dropped4(x, at, keepBelow4, keepAll4, scale4));
    if (x < end) storePart(x, dropped4(x, at, keepBelow4, keepAll4, scale4), (end - x) >> 2);
  }
}
