/** Packed codes to the values of a table. Twin: unpack.wgsl */

/** Values looked up before the addend is added to them: few enough to stay in the first-level cache. */
export const BLOCK: usize = 1024;

/** Offset of the table's byte planes, after its 256 values. */
const PLANES: usize = 1024;

/** Sixteen codes of at most 4 bits, one a byte; undoes the joining steps of quantize_pack one by one. */
// @ts-ignore: decorator
@inline
function spread16(at: usize, bits: i32): v128 {
  const mask: i32 = (1 << bits) - 1;
  const packed = v128.load64_lane(at + bits, v128.load64_zero(at), 1);
  const quads = v128.or(
    v128.and(packed, i64x2.splat(((<i64>1) << (4 * bits)) - 1)),
    i64x2.shl(i64x2.shr_u(packed, 4 * bits), 32),
  );
  const pairs = v128.or(
    v128.and(quads, i32x4.splat((1 << (2 * bits)) - 1)),
    i32x4.shl(i32x4.shr_u(quads, 2 * bits), 16),
  );
  const codes = v128.or(
    v128.and(pairs, i16x8.splat(<i16>mask)),
    i16x8.shl(i16x8.shr_u(pairs, bits), 8),
  );
  return v128.and(codes, i8x16.splat(<i8>mask));
}

/** Byte p of table value c goes to byte c of plane p, so that one swizzle looks up sixteen codes. */
export function makePlanes(table: usize, bits: i32): void {
  for (let c = 0; c < 1 << bits; c++) {
    for (let p = 0; p < 4; p++) store<u8>(table + PLANES + 16 * p + c, load<u8>(table + 4 * c + p));
  }
}

/** Widths up to 4: handles `count` rounded down to a multiple of 16; returns how many values it wrote. */
// @ts-ignore: decorator
@inline
function lookUpPlanes(codes: usize, bits: i32, table: usize, out: usize, count: usize): usize {
  const plane0 = v128.load(table + PLANES);
  const plane1 = v128.load(table + PLANES, 16);
  const plane2 = v128.load(table + PLANES, 32);
  const plane3 = v128.load(table + PLANES, 48);
  let i: usize = 0;
  for (let at = codes; i + 16 <= count; i += 16, at += 2 * bits) {
    const c = spread16(at, bits);
    const b0 = i8x16.swizzle(plane0, c);
    const b1 = i8x16.swizzle(plane1, c);
    const b2 = i8x16.swizzle(plane2, c);
    const b3 = i8x16.swizzle(plane3, c);
    const low = v128.shuffle<i8>(b0, b1, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const low2 = v128.shuffle<i8>(b0, b1, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    const high = v128.shuffle<i8>(b2, b3, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const high2 = v128.shuffle<i8>(b2, b3, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    const o = out + (i << 2);
    v128.store(o, v128.shuffle<i16>(low, high, 0, 8, 1, 9, 2, 10, 3, 11));
    v128.store(o, v128.shuffle<i16>(low, high, 4, 12, 5, 13, 6, 14, 7, 15), 16);
    v128.store(o, v128.shuffle<i16>(low2, high2, 0, 8, 1, 9, 2, 10, 3, 11), 32);
    v128.store(o, v128.shuffle<i16>(low2, high2, 4, 12, 5, 13, 6, 14, 7, 15), 48);
  }
  return i;
}

/** Value of code `k` among the eight that begin at bit 0 of `octet`. */
// @ts-ignore: decorator
@inline
function lookUp(octet: u64, k: i32, bits: i32, table: usize): u32 {
  return load<u32>(table + ((<usize>(octet >> (k * bits)) & ((1 << bits) - 1)) << 2));
}

/** Any width: eight codes are `bits` bytes. */
// @ts-ignore: decorator
@inline
function lookUpScalar(codes: usize, bits: i32, table: usize, out: usize, first: usize, count: usize): void {
  let i = first;
  let at = codes + (first >> 3) * bits;
  for (; i + 8 <= count; i += 8, at += bits) {
    const octet = load<u64>(at);
    const o = out + (i << 2);
    store<u32>(o, lookUp(octet, 0, bits, table));
    store<u32>(o, lookUp(octet, 1, bits, table), 4);
    store<u32>(o, lookUp(octet, 2, bits, table), 8);
    store<u32>(o, lookUp(octet, 3, bits, table), 12);
    store<u32>(o, lookUp(octet, 4, bits, table), 16);
    store<u32>(o, lookUp(octet, 5, bits, table), 20);
    store<u32>(o, lookUp(octet, 6, bits, table), 24);
    store<u32>(o, lookUp(octet, 7, bits, table), 28);
  }
  if (i == count) return;
  const octet = load<u64>(at);
  for (let k = 0; i < count; i++, k++) store<u32>(out + (i << 2), lookUp(octet, k, bits, table));
}

// @ts-ignore: decorator
@inline
function lookUpAll(codes: usize, bits: i32, table: usize, out: usize, count: usize): void {
  const done = bits <= 4 ? lookUpPlanes(codes, bits, table, out, count) : 0;
  lookUpScalar(codes, bits, table, out, done, count);
}

/** `count` values of codes that begin on a byte. */
export function dequantize(codes: usize, bits: i32, table: usize, out: usize, count: usize): void {
  switch (bits) {
    case 1: return lookUpAll(codes, 1, table, out, count);
    case 2: return lookUpAll(codes, 2, table, out, count);
    case 3: return lookUpAll(codes, 3, table, out, count);
    case 4: return lookUpAll(codes, 4, table, out, count);
    case 5: return lookUpAll(codes, 5, table, out, count);
    case 6: return lookUpAll(codes, 6, table, out, count);
    case 7: return lookUpAll(codes, 7, table, out, count);
    default: return lookUpAll(codes, 8, table, out, count);
  }
}
