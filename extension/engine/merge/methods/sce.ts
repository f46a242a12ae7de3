import { translatable } from '../../../shared/translatable.ts';
import { parameter, type MergeMethod } from './method.ts';
import { orderStatistic } from './orderStatistic.ts';

export const sce: MergeMethod = {
  name: 'sce',
  title: 'SCE',
  family: 'vectors',
  meaning: translatable(
    'Selects the weights where the tasks differ most, weighs each task by its energy there, and erases the minority signs.',
  ),
  variant:
    'SCE of FuseChat (Wan et al., 2024) as in mergekit, tensor by tensor: of the positions whose variance over the tasks is not 0 the top floor(select_topk·count), all positions at 1; task weights Σ τ² of what is selected, normalised; signs by the sum of the task vectors, 0 counting as +; Σ wτ / Σ w over the tasks that agree. Sums in float64; of equal variances (as float32) the earlier position wins, which mergekit leaves open. A single task has no variance: below 1 nothing of it is selected. Adds scale.',
  parameters: [
    parameter.scale(1),
    parameter.number(
      'select_topk',
      1,
      [0, 1],
      translatable('Share of the positions that is kept, of those where the tasks differ.'),
    ),
  ],
  base: 'required',
  minimumInputs: 1,
  maximumInputs: undefined,
  way: {
    kind: 'values',
    drops: true,
    workingValues: shape => shape.reduce((a, b) => a * b, 1),
    merge: ({ xs, values }) => {
      const share = values.select_topk as number;
      if (share < 1) select(xs, share);
      return combine(xs, energyShares(xs));
    },
  },
};

/** Zeroes everything outside the share of highest variance. */
function select(xs: readonly Float32Array[], share: number): void {
  const variance = variances(xs);
  const nonzero = variance.reduce((count, value) => (value > 0 ? count + 1 : count), 0);
  const kept = Math.floor(share * nonzero);
  const threshold = kept > 0 ? orderStatistic(variance, variance.length - kept) : Infinity;
  // Positions equal to the threshold are kept in order until the count is reached.
  let ties = kept - variance.reduce((count, value) => (value > threshold ? count + 1 : count), 0);
  for (let i = 0; i < variance.length; i++) {
    const value = variance[i] as number;
    if (value > threshold || (value === threshold && ties-- > 0)) continue;
    for (const x of xs) x[i] = 0;
  }
}

/** Variance over the tasks, position by position. */
function variances(xs: readonly Float32Array[]): Float32Array {
  return (xs[0] as Float32Array).map((_, i) => {
    let mean = 0;
    for (const x of xs) mean += x[i] as number;
    mean /= xs.length;
    let sum = 0;
    for (const x of xs) sum += ((x[i] as number) - mean) ** 2;
    return sum / xs.length;
  });
}

/** Σ τ² of each task, as shares that sum to 1; equal ones when all are 0. */
function energyShares(xs: readonly Float32Array[]): number[] {
  const energies = xs.map(x => x.reduce((sum, value) => sum + value * value, 0));
  const sum = energies.reduce((a, b) => a + b, 0);
  return energies.map(energy => (sum > 0 ? energy / sum : 1 / xs.length));
}

/** Weighted mean of the tasks that have the sign of the sum. */
function combine(xs: readonly Float32Array[], weights: readonly number[]): Float32Array {
  return (xs[0] as Float32Array).map((_, i) => {
    let total = 0;
    for (const x of xs) total += x[i] as number;
    const sign = total >= 0 ? 1 : -1;
    let sum = 0;
    let weight = 0;
    for (const [task, x] of xs.entries()) {
      const value = x[i] as number;
      if (Math.sign(value) !== sign) continue;
      sum += (weights[task] as number) * value;
      weight += weights[task] as number;
    }
    return weight > 0 ? sum / weight : 0;
  });
}
