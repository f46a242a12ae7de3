/** Stage compare_task: a merged task vector against one of its inputs; which signs each weight has among them. Twin:
 * compare_task.wgsl */
import { across, addTree, LANE, LANES, term4 } from '../../shared/block_sums';
import { F32, None } from '../../shared/decode';
import { ftz4 } from '../../shared/ftz';
import { countPart, storePart, total4 } from '../../shared/vectors';

/** Bytes between the lanes of one sum and those of the next. */
const NEXT: usize = LANES << 2;

/** S: F32 to add to the flags, None to begin them. */
// @ts-ignore: decorator
@inline
function flags4<S>(flags: usize, v: v128): v128 {
  const zero = i32x4.splat(0);
  const positive = v128.and(i32x4.gt_s(v, zero), i32x4.splat(1));
  const found = v128.or(positive, v128.and(i32x4.lt_s(v, zero), i32x4.splat(2)));
  if (isBoolean<S>()) return found;
  return v128.or(v128.load(flags), found);
}

function run<S>(delta: usize, x: usize, flags: usize, count: usize, lanes: usize, sums: usize, counts: usize): void {
  const three = i32x4.splat(3);
  const zero = i32x4.splat(0);
  let both = zero;
  let any = zero;
  let at: usize = 0;
  for (let i: usize = 0; i < count; i += LANE * LANES) {
    const size = min(LANE * LANES, count - i);
    if (size < LANE * LANES) memory.fill(lanes, 0, 2 * NEXT);
    let lane = lanes;
    for (let j: usize = 0; j < size; j += LANE, lane += 4) {
      // Sums of products of mixed signs may fall below 2^-126; sums of squares cannot.
      let xy = f32x4.splat(0);
      let yy = f32x4.splat(0);
      if (j + LANE <= size) {
        for (const end = at + (LANE << 2); at < end; at += 16) {
          const v = v128.load(x + at);
          xy = ftz4(f32x4.add(xy, ftz4(f32x4.mul(v128.load(delta + at), v))));
          yy = f32x4.add(yy, ftz4(f32x4.mul(v, v)));
          const f = flags4<S>(flags + at, v);
          v128.store(flags + at, f);
          both = i32x4.sub(both, i32x4.eq(f, three));
          any = i32x4.sub(any, i32x4.ne(f, zero));
        }
      } else {
        for (const end = count << 2; at < end; at += 16) {
          const left = (end - at) >> 2;
          const v = term4<F32>(x + at, left);
          xy = ftz4(f32x4.add(xy, ftz4(f32x4.mul(term4<F32>(delta + at, left), v))));
          yy = f32x4.add(yy, ftz4(f32x4.mul(v, v)));
          const f = flags4<S>(flags + at, v);
          if (left >= 4) v128.store(flags + at, f);
          else storePart(flags + at, f, left);
          both = countPart(both, i32x4.eq(f, three), left);
          any = countPart(any, i32x4.ne(f, zero), left);
        }
      }
      store<f32>(lane, across(xy));
      store<f32>(lane + NEXT, across(yy));
    }
    store<f64>(sums, load<f64>(sums) + addTree(lanes));
    store<f64>(sums, load<f64>(sums, 8) + addTree(lanes + NEXT), 8);
  }
  store<i32>(counts, total4(both));
  store<i32>(counts, total4(any), 4);
}

/**
 * Adds the blocks of Σdelta·x and Σx² of `count` values to the two float64 at `sums`; flags[i] |= 1 where x[i] > 0, 2
 * where x[i] < 0, from zero when `first`; writes {both: u32, any: u32}, how many flags are 3 and how many are not 0, at
 * `counts`. `lanes` is working memory of 2 KiB. Up to 12 bytes past the values are read.
 */
export function compareTask(
  delta: usize,
  x: usize,
  flags: usize,
  first: bool,
  count: usize,
  lanes: usize,
  sums: usize,
  counts: usize,
): void {
  if (first) run<None>(delta, x, flags, count, lanes, sums, counts);
  else run<F32>(delta, x, flags, count, lanes, sums, counts);
}
