/** Stage consensus_vote: one task's votes for the values that matter to it. Twin: consensus_vote.wgsl */
import { decode4, F32, None } from '../../shared/decode';
import { ftz4 } from '../../shared/ftz';
import { magnitude4, storePart } from '../../shared/vectors';

/** V: F32 to add to the votes, None to begin them. */
// @ts-ignore: decorator
@inline
function votes4<V>(total: usize, x: usize, lambda: v128, votes: usize): v128 {
  const v = decode4<F32>(x);
  const others = magnitude4(ftz4(f32x4.sub(decode4<F32>(total), v)));
  const bound = ftz4(f32x4.mul(lambda, others));
  const vote = v128.and(i32x4.gt_s(magnitude4(v), bound), f32x4.splat(1));
  if (isBoolean<V>()) return vote;
  return ftz4(f32x4.add(decode4<F32>(votes), vote));
}

function run<V>(total: usize, x: usize, lambda: f32, votes: usize, count: usize): void {
  const lambda4 = f32x4.splat(lambda);
  const end = count << 2;
  let i: usize = 0;
  for (; i + 16 <= end; i += 16) v128.store(votes + i, votes4<V>(total + i, x + i, lambda4, votes + i));
  if (i < end) storePart(votes + i, votes4<V>(total + i, x + i, lambda4, votes + i), (end - i) >> 2);
}

/** votes[i] += 1 where |x[i]| > lambda·|total[i] - x[i]|, starting at zero when `first`; lambda is not negative. Up to
 * 12 bytes past the values are read. */
export function consensusVote(
  total: usize,
  x: usize,
  lambda: f32,
  votes: usize,
  first: bool,
  count: usize,
): void {
  if (first) run<None>(total, x, lambda, votes, count);
  else run<F32>(total, x, lambda, votes, count);
}
