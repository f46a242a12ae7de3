/** Random bits by position: Philox4x32-10 (Salmon et al., SC11). Twin: philox.wgsl */

/** Upper halves of the products of four 32-bit lanes. */
// @ts-ignore: decorator
@inline
function high4(v: v128, factor: v128): v128 {
  const low = i64x2.extmul_low_i32x4_u(v, factor);
  return v128.shuffle<i32>(low, i64x2.extmul_high_i32x4_u(v, factor), 1, 3, 5, 7);
}

/**
 * Fills `out` with the words of the elements from 4·block, 16 at a time, until it holds `count` or more: word i mod 4
 * of the counter (i div 4, 0, tensor, task) for element i.
 */
export function randomWords(
  block: u32,
  seed0: u32,
  seed1: u32,
  tensor: u32,
  task: u32,
  count: usize,
  out: usize,
): void {
  const m0 = i32x4.splat(0xd2511f53);
  const m1 = i32x4.splat(0xcd9e8d57);
  let counter = i32x4.add(i32x4.splat(block), i32x4(0, 1, 2, 3));
  for (const end = out + (count << 2); out < end; out += 64) {
    let c0 = counter;
    let c1 = i32x4.splat(0);
    let c2 = i32x4.splat(tensor);
    let c3 = i32x4.splat(task);
    let k0 = i32x4.splat(seed0);
    let k1 = i32x4.splat(seed1);
    for (let round = 0; round < 10; round++) {
      const next0 = v128.xor(v128.xor(high4(c2, m1), c1), k0);
      const next2 = v128.xor(v128.xor(high4(c0, m0), c3), k1);
      c1 = i32x4.mul(c2, m1);
      c3 = i32x4.mul(c0, m0);
      c0 = next0;
      c2 = next2;
      k0 = i32x4.add(k0, i32x4.splat(0x9e3779b9));
      k1 = i32x4.add(k1, i32x4.splat(0xbb67ae85));
    }
    // Lanes are counters; the words of one counter belong side by side.
    const a = v128.shuffle<i32>(c0, c1, 0, 4, 1, 5);
    const b = v128.shuffle<i32>(c2, c3, 0, 4, 1, 5);
    const c = v128.shuffle<i32>(c0, c1, 2, 6, 3, 7);
    const d = v128.shuffle<i32>(c2, c3, 2, 6, 3, 7);
    v128.store(out, v128.shuffle<i64>(a, b, 0, 2));
    v128.store(out, v128.shuffle<i64>(a, b, 1, 3), 16);
    v128.store(out, v128.shuffle<i64>(c, d, 0, 2), 32);
    v128.store(out, v128.shuffle<i64>(c, d, 1, 3), 48);
    counter = i32x4.add(counter, i32x4.splat(4));
  }
}
