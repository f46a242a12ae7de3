import type { Backend } from '../../../../kernels/backend.ts';
import type { Region } from '../../../../kernels/memory.ts';
import type { MergeItem } from '../tensor/mergeItem.ts';
import { leastShare, shares } from '../tensor/weights.ts';

/** Regions of one window. */
export interface MergeMemory {
  /** Values of each input, thinned out. */
  readonly xs: readonly Region[];
  readonly merged: Region;
  /** Free for sums and masks. */
  readonly a: Region;
  readonly b: Region;
  /** Used by readers for decoding, and for the base when the result is written. */
  readonly decoding: Region;
  readonly encoded: Region;
}

/** Σ cᵢ·xᵢ into `out`. */
export async function combineLinear(
  backend: Backend,
  xs: readonly Region[],
  coefficients: readonly number[],
  out: Region,
  count: number,
): Promise<void> {
  for (const [i, x] of xs.entries()) await backend.axpy(out, x, coefficients[i] as number, i === 0, count);
}

/** Makes one vector of thinned task vectors, in `merged`. For emr it is the unified vector, before masks. */
export async function combineSelective(
  backend: Backend,
  item: MergeItem,
  { xs, merged, a, b }: MergeMemory,
  weights: readonly number[],
  count: number,
): Promise<void> {
  if (item.way.kind !== 'selective') return;
  const { values } = item;
  const mean = values.merge === 'mean';
  switch (item.way.combine) {
    case 'sum':
      return combineLinear(backend, xs, shares(weights, mean), merged, count);
    case 'elect': {
      await combineLinear(backend, xs, weights, a, count);
      for (const [i, x] of xs.entries()) {
        const weight = weights[i] as number;
        await backend.disjointSum(a, x, item.way.zeroSign, weight, merged, b, i === 0, count);
      }
      return mean ? backend.quotient(merged, b, leastShare(weights), count) : undefined;
    }
    case 'maxMagnitude':
      for (const [i, x] of xs.entries()) {
        await backend.axpy(a, x, weights[i] as number, true, count);
        await backend.maxMagnitude(merged, a, i === 0, count);
      }
      return;
    case 'consensus':
      await combineLinear(backend, xs, weights, merged, count);
      for (const [i, x] of xs.entries()) {
        await backend.axpy(a, x, weights[i] as number, true, count);
        await backend.consensusVote(merged, a, Number(values.mask_lambda), b, i === 0, count);
      }
      await backend.keepVoted(merged, b, Number(values.k), count);
      return;
    case 'emr':
      await combineLinear(backend, xs, weights, a, count);
      for (const [i, x] of xs.entries()) await backend.unify(a, x, merged, i === 0, count);
  }
}
