/** Stage unpack_dequantize: packed codes to float32 by table, plus an addend. Twin: unpack_dequantize.wgsl */
import { BF16, decode1, decode4, F16, F32, None, shiftOf, TYPE_BF16, TYPE_F16, TYPE_F32 } from '../../shared/decode';
import { ftz4 } from '../../shared/ftz';
import { BLOCK, dequantize, makePlanes } from '../../shared/unpack';

// @ts-ignore: decorator
@inline
function add<A>(addend: usize, out: usize, count: usize): void {
  let i: usize = 0;
  for (; i + 4 <= count; i += 4) {
    const at = out + (i << 2);
    v128.store(at, ftz4(f32x4.add(decode4<A>(addend + (i << shiftOf<A>())), v128.load(at))));
  }
  for (; i < count; i++) {
    const at = out + (i << 2);
    const v = ftz4(f32x4.add(decode1<A>(addend + (i << shiftOf<A>())), v128.load32_splat(at)));
    store<f32>(at, f32x4.extract_lane(v, 0));
  }
}

function run<A>(codes: usize, bits: i32, table: usize, addend: usize, out: usize, count: usize): void {
  for (let i: usize = 0; i < count; i += BLOCK) {
    const size = min(BLOCK, count - i);
    dequantize(codes + (i >> 3) * bits, bits, table, out + (i << 2), size);
    if (!isBoolean<A>()) add<A>(addend + (i << shiftOf<A>()), out + (i << 2), size);
  }
}

/**
 * out[i] = table[code i], or ftz(addend[i] + table[code i]). `table` has 2^bits flushed values and room for
 * 256, then for 64 bytes of working memory. `addendType` TYPE_NONE: no addend. Up to 8 bytes past the codes
 * are read.
 */
export function unpackDequantize(
  codes: usize,
  bits: i32,
  table: usize,
  addend: usize,
  addendType: i32,
  out: usize,
  count: usize,
): void {
  if (bits <= 4) makePlanes(table, bits);
  if (addendType == TYPE_F32) run<F32>(codes, bits, table, addend, out, count);
  else if (addendType == TYPE_F16) run<F16>(codes, bits, table, addend, out, count);
  else if (addendType == TYPE_BF16) run<BF16>(codes, bits, table, addend, out, count);
  else run<None>(codes, bits, table, addend, out, count);
}
