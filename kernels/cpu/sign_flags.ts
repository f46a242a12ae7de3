/** Stage sign_flags: which signs each value has among tasks. Twin: sign_flags.wgsl */
import { decode4, F32, None } from './decode';
import { countPart, storePart, total4 } from './vectors';

/** S: F32 to add to the flags, None to begin them. */
// @ts-ignore: decorator
@inline
function flags4<S>(flags: usize, x: usize): v128 {
  const zero = i32x4.splat(0);
  const v = decode4<F32>(x);
  const positive = v128.and(i32x4.gt_s(v, zero), i32x4.splat(1));
  const found = v128.or(positive, v128.and(i32x4.lt_s(v, zero), i32x4.splat(2)));
  if (isBoolean<S>()) return found;
  return v128.or(v128.load(flags), found);
}

function run<S>(flags: usize, x: usize, count: usize, counts: usize): void {
  const zero = i32x4.splat(0);
  const three = i32x4.splat(3);
  const end = flags + (count << 2);
  let both = zero;
  let any = zero;
  for (; flags + 16 <= end; flags += 16, x += 16) {
    const v = flags4<S>(flags, x);
    v128.store(flags, v);
    both = i32x4.sub(both, i32x4.eq(v, three));
    any = i32x4.sub(any, i32x4.ne(v, zero));
  }
  if (flags < end) {
    const rest = (end - flags) >> 2;
    const v = flags4<S>(flags, x);
    storePart(flags, v, rest);
    both = countPart(both, i32x4.eq(v, three), rest);
    any = countPart(any, i32x4.ne(v, zero), rest);
  }
  store<i32>(counts, total4(both));
  store<i32>(counts, total4(any), 4);
}

/** flags[i] |= 1 where x[i] > 0, 2 where x[i] < 0, from zero when `first`; writes {both: u32, any: u32}, how many
 * flags are 3 and how many are not 0, at `counts`. Up to 12 bytes past the values are read. */
export function signFlags(flags: usize, x: usize, first: bool, count: usize, counts: usize): void {
  if (first) run<None>(flags, x, count, counts);
  else run<F32>(flags, x, count, counts);
}
