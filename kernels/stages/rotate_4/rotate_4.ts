/** Stage rotate_4: blocks of four values by a Hadamard matrix with random signs. Twin: rotate_4.wgsl */
import { ftz4 } from '../../shared/ftz';
import { hadamard4, signs4, signsOf } from '../../shared/hadamard';

/** Bytes of a block of four values. */
const BLOCK: usize = 16;

/** Blocks whose signs are the bits of one word. */
const BLOCKS: usize = 8;

// @ts-ignore: decorator
@inline
function rotated4(x: v128, signs: v128): v128 {
  const y = f32x4.mul(hadamard4(v128.xor(ftz4(x), signs)), f32x4.splat(0.5));
  // Signs turn zeros into -0, so flushing comes last.
  return ftz4(v128.xor(y, signs));
}

/**
 * Rotates the blocks of `count` float32 values at `x`; x[0] is element 32·word + 4·block of its tensor, `block` below
 * 8.
 */
export function rotate4(x: usize, word: u32, block: u32, count: usize): void {
  const end = x + (count >> 2) * BLOCK;
  let within = <usize>block;
  for (; x < end; word++) {
    const signs = signsOf(word);
    const stop = min(end, x + (BLOCKS - within) * BLOCK);
    for (; x < stop; x += BLOCK, within++) {
      v128.store(x, rotated4(v128.load(x), signs4(signs >>> (<u32>within << 2))));
    }
    within = 0;
  }
}
