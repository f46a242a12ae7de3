/** Stage rotate_256: blocks of 256 values by a Hadamard matrix with random signs. Twin: rotate_256.wgsl */
import { ftz4 } from '../../shared/ftz';
import { hadamard4, signs4, signsOf } from '../../shared/hadamard';

/** Bytes of a block. */
const BLOCK: usize = 1024;

/** Bytes of the 32 values whose signs are one word. */
const WORD: usize = 128;

/** Butterflies of distance `step` bytes, then of twice that, of four vectors. */
// @ts-ignore: decorator
@inline
function butterflies(at: usize, step: usize): void {
  const x0 = v128.load(at);
  const x1 = v128.load(at + step);
  const x2 = v128.load(at + 2 * step);
  const x3 = v128.load(at + 3 * step);
  const a = ftz4(f32x4.add(x0, x1));
  const b = ftz4(f32x4.sub(x0, x1));
  const c = ftz4(f32x4.add(x2, x3));
  const d = ftz4(f32x4.sub(x2, x3));
  v128.store(at, ftz4(f32x4.add(a, c)));
  v128.store(at + step, ftz4(f32x4.add(b, d)));
  v128.store(at + 2 * step, ftz4(f32x4.sub(a, c)));
  v128.store(at + 3 * step, ftz4(f32x4.sub(b, d)));
}

/** All butterflies of a block. */
// @ts-ignore: decorator
@inline
function level(block: usize, step: usize): void {
  for (let part = block; part < block + BLOCK; part += 4 * step) {
    for (let at = part; at < part + step; at += 16) butterflies(at, step);
  }
}

/** Rotates the blocks of `count` float32 values at `x`; x[0] is element 32·word of its tensor. */
export function rotate256(x: usize, word: u32, count: usize): void {
  const end = x + (count >> 8) * BLOCK;
  for (; x < end; x += BLOCK, word += <u32>(BLOCK / WORD)) {
    for (let i: usize = 0; i < BLOCK; i += WORD) {
      const signs = signsOf(word + <u32>(i / WORD));
      for (let at: usize = 0; at < WORD; at += 16) {
        const s = v128.xor(ftz4(v128.load(x + i + at)), signs4(signs >>> (<u32>at >> 2)));
        v128.store(x + i + at, hadamard4(s));
      }
    }
    level(x, 16);
    level(x, 64);
    level(x, 256);
    for (let i: usize = 0; i < BLOCK; i += WORD) {
      const signs = signsOf(word + <u32>(i / WORD));
      for (let at: usize = 0; at < WORD; at += 16) {
        const y = f32x4.mul(v128.load(x + i + at), f32x4.splat(0.0625));
        // Signs turn zeros into -0, so flushing comes last.
        v128.store(x + i + at, ftz4(v128.xor(y, signs4(signs >>> (<u32>at >> 2)))));
      }
    }
  }
}
