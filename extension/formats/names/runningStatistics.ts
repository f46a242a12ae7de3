/**
 * Running statistics of batch normalisation. They are not weights: a variance below 0 turns everything after it into
 * NaN (Jordan et al., REPAIR, ICLR 2023, on what averaging weights does to them).
 */

export type Statistic = 'mean' | 'variance' | 'count';

/** As PyTorch names them, and Keras. */
const NAMES: Readonly<Record<string, Statistic>> = {
  running_mean: 'mean',
  running_var: 'variance',
  num_batches_tracked: 'count',
  moving_mean: 'mean',
  moving_variance: 'variance',
};

/** Which statistic a tensor is, by the last part of its name; undefined: none. */
export function statisticOf(tensor: string): Statistic | undefined {
  const last = /[^./]+$/.exec(tensor)?.[0].replace(/:0$/, '') ?? '';
  return Object.hasOwn(NAMES, last) ? NAMES[last] : undefined;
}
