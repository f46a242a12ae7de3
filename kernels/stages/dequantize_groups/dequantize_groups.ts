/** Stage dequantize_groups: packed codes to float32 by a table, then scaling by groups. Twin: dequantize_groups.wgsl */
import { ftz4 } from '../../shared/ftz';
import { BLOCK, dequantize, makePlanes } from '../../shared/unpack';
import { storePart } from '../../shared/vectors';

/** Multiplies a group of `count` values. */
// @ts-ignore: decorator
@inline
function scale(at: usize, count: usize, factor: v128): void {
  let i: usize = 0;
  for (; i + 4 <= count; i += 4, at += 16) v128.store(at, ftz4(f32x4.mul(v128.load(at), factor)));
  if (i < count) storePart(at, ftz4(f32x4.mul(v128.load(at), factor)), count - i);
}

/**
 * out[i] = ftz(values[code i] · scales[byte of i's group]). `values` has 2^bits flushed float32 and room for 256, then
 * for 64 bytes of working memory; `scales` has 256. Up to 8 bytes past the codes and 12 past the results are read.
 */
export function dequantizeGroups(
  codes: usize,
  bits: i32,
  values: usize,
  bytes: usize,
  groupSize: usize,
  scales: usize,
  out: usize,
  count: usize,
): void {
  if (bits <= 4) makePlanes(values, bits);
  for (let i: usize = 0; i < count; i += BLOCK) {
    const end = min(count, i + BLOCK);
    dequantize(codes + (i >> 3) * bits, bits, values, out + (i << 2), end - i);
    for (let group = i; group < end; group += groupSize, bytes++) {
      const factor = v128.load32_splat(scales + (<usize>load<u8>(bytes) << 2));
      scale(out + (group << 2), min(groupSize, end - group), factor);
    }
  }
}
