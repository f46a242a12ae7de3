/** Adds the product of two small matrices to a third; all are of float32, row by row. */

/** Bytes of eight values. */
const EIGHT: usize = 32;

/**
 * c += a·b, for a of rows × inner, b of inner × cols and c of rows × cols values; cols is a multiple of 8. Each value
 * is summed in the order of `inner`.
 */
export function addProduct(a: usize, b: usize, c: usize, rows: usize, inner: usize, cols: usize): void {
  const across = inner << 2;
  const wide = cols << 2;
  let i: usize = 0;
  for (; i + 4 <= rows; i += 4) {
    const a0 = a + i * across;
    const c0 = c + i * wide;
    for (let j: usize = 0; j < wide; j += EIGHT) addFour(a0, b + j, c0 + j, inner, across, wide);
  }
  for (; i < rows; i++) {
    const c0 = c + i * wide;
    for (let j: usize = 0; j < wide; j += EIGHT) addOne(a + i * across, b + j, c0 + j, inner, wide);
  }
}

/** Four rows by eight columns. */
// @ts-ignore: decorator
@inline
function addFour(a: usize, b: usize, c: usize, inner: usize, across: usize, wide: usize): void {
  const c1 = c + wide;
  const c2 = c1 + wide;
  const c3 = c2 + wide;
  let s00 = v128.load(c);
  let s01 = v128.load(c, 16);
  let s10 = v128.load(c1);
  let s11 = v128.load(c1, 16);
  let s20 = v128.load(c2);
  let s21 = v128.load(c2, 16);
  let s30 = v128.load(c3);
  let s31 = v128.load(c3, 16);
  for (let k: usize = 0; k < inner; k++) {
    const x = a + (k << 2);
    const y0 = v128.load(b);
    const y1 = v128.load(b, 16);
    b += wide;
    const x0 = v128.load32_splat(x);
    s00 = f32x4.add(s00, f32x4.mul(x0, y0));
    s01 = f32x4.add(s01, f32x4.mul(x0, y1));
    const x1 = v128.load32_splat(x + across);
    s10 = f32x4.add(s10, f32x4.mul(x1, y0));
    s11 = f32x4.add(s11, f32x4.mul(x1, y1));
    const x2 = v128.load32_splat(x + 2 * across);
    s20 = f32x4.add(s20, f32x4.mul(x2, y0));
    s21 = f32x4.add(s21, f32x4.mul(x2, y1));
    const x3 = v128.load32_splat(x + 3 * across);
    s30 = f32x4.add(s30, f32x4.mul(x3, y0));
    s31 = f32x4.add(s31, f32x4.mul(x3, y1));
  }
  v128.store(c, s00);
  v128.store(c, s01, 16);
  v128.store(c1, s10);
  v128.store(c1, s11, 16);
  v128.store(c2, s20);
  v128.store(c2, s21, 16);
  v128.store(c3, s30);
  v128.store(c3, s31, 16);
}

/** One row by eight columns. */
// @ts-ignore: decorator
@inline
function addOne(a: usize, b: usize, c: usize, inner: usize, wide: usize): void {
  let s0 = v128.load(c);
  let s1 = v128.load(c, 16);
  for (let k: usize = 0; k < inner; k++, b += wide) {
    const x = v128.load32_splat(a + (k << 2));
    s0 = f32x4.add(s0, f32x4.mul(x, v128.load(b)));
    s1 = f32x4.add(s1, f32x4.mul(x, v128.load(b, 16)));
  }
  v128.store(c, s0);
  v128.store(c, s1, 16);
}
