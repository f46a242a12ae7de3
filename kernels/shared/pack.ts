/** Packing codes of 1 to 8 bits. */

/** Sixteen codes in 16-bit lanes: pairs are joined by multiply-add, then pairs of pairs, until each half of a vector
 * holds 8·bits bits. Each half is stored as 8 bytes; the next store overwrites all but `bits` of them. */
// @ts-ignore: decorator
@inline
export function store16(a: v128, b: v128, bits: i32, at: usize): void {
  if (bits == 8) {
    v128.store(at, i8x16.narrow_i16x8_u(a, b));
    return;
  }
  const joinPairs = i32x4.splat(1 | (1 << (bits + 16)));
  const joinQuads = i32x4.splat(1 | (1 << (2 * bits + 16)));
  const pairs = i16x8.narrow_i32x4_u(i32x4.dot_i16x8_s(a, joinPairs), i32x4.dot_i16x8_s(b, joinPairs));
  const quads = i32x4.dot_i16x8_s(pairs, joinQuads);
  const octets = v128.or(
    v128.and(quads, i64x2.splat(0xffffffff)),
    i64x2.shl(i64x2.shr_u(quads, 32), 4 * bits),
  );
  v128.store_lane<i64>(at, octets, 0);
  v128.store_lane<i64>(at + bits, octets, 1);
}
