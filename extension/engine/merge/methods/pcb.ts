import { translatable } from '../../../shared/translatable.ts';
import { parameter, weightsOf, type MergeMethod } from './method.ts';
import type { Values } from '../recipe/parameters.ts';
import { orderStatistic } from './orderStatistic.ts';

export const pcb: MergeMethod = {
  name: 'pcb',
  title: 'PCB-Merging',
  family: 'vectors',
  meaning: translatable(
    'Weighs each weight of each task by its size and its agreement with the others, and keeps the strongest.',
  ),
  variant:
    "PCB-Merging (Du et al., NeurIPS 2024), function PCB_merge of the authors' pcb-merging.py: balance exp(T·n²)·tanh(τ·Σ τ) with n = min-max of the clamped |τ|; what is above its (1 − ratio) quantile, min-max scaled, weighs the clamped τ; Σ wτ·balance / Σ balance. ratio and scale are those of the authors' scripts, |weight| is their λ of a task; a task of negative weight is negated before anything is balanced. Tensor by tensor where the authors take the whole model as one vector; the clamp drops floor(clamp·count) at either end, while theirs also drops the largest of every vector. Where all that remains is equal, which divides 0 by 0 in their code, positive balances at the maximum weigh 1, others 0. Not mergekit's unreleased pcb, which takes softmax instead.",
  parameters: [
    parameter.scale(1.2),
    parameter.weight,
    parameter.number(
      'ratio',
      0.05,
      [0, 1],
      translatable('Share of the weights of each task that takes part.'),
    ),
    parameter.number(
      'clamp',
      0.0001,
      [0, 0.49],
      translatable('Share of the smallest and of the largest magnitudes that is clamped to the next one.'),
    ),
  ],
  base: 'required',
  minimumInputs: 1,
  maximumInputs: undefined,
  way: {
    kind: 'values',
    drops: true,
    workingValues: shape => 6 * shape.reduce((a, b) => a * b, 1),
    merge: ({ xs, values, inputs }) => mergeByBalance(xs, values, inputs),
  },
};

/** Σ wτ·scale / Σ scale, with the numerator and the denominator gathered task by task. */
function mergeByBalance(
  xs: readonly Float32Array[],
  values: Values,
  inputs: readonly Values[],
): Float32Array {
  const [first] = xs as [Float32Array];
  if (first.length === 0) return first;
  const weights = weightsOf(inputs);
  for (const [task, x] of xs.entries())
    if ((weights[task] as number) < 0) for (let i = 0; i < x.length; i++) x[i] = -(x[i] as number);
  const sum = first.map((_, i) => xs.reduce((total, x) => total + (x[i] as number), 0));
  const weighted = new Float64Array(first.length);
  const scales = new Float64Array(first.length);
  const scratch = new Float32Array(first.length);
  for (const [task, x] of xs.entries()) {
    const { low, high } = clampBounds(x, values.clamp as number, scratch);
    const clamped = (i: number) => Math.min(high, Math.max(low, Math.abs(x[i] as number)));
    for (let i = 0; i < x.length; i++) {
      const size = high > low ? (clamped(i) - low) / (high - low) : 0;
      scratch[i] = Math.exp(xs.length * size * size) * Math.tanh((x[i] as number) * (sum[i] as number));
    }
    const scale = competition(scratch, values.ratio as number);
    const weight = Math.abs(weights[task] as number);
    for (let i = 0; i < x.length; i++) {
      const share = scale(scratch[i] as number);
      scales[i] = (scales[i] as number) + share;
      weighted[i] = (weighted[i] as number) + weight * Math.sign(x[i] as number) * clamped(i) * share;
      if (share === 0) x[i] = 0;
    }
  }
  return first.map((_, i) => (weighted[i] as number) / Math.max(1e-12, scales[i] as number));
}

/** The smallest and largest magnitude that remain after removing a share at both ends. */
function clampBounds(
  x: Float32Array,
  share: number,
  scratch: Float32Array,
): { readonly low: number; readonly high: number } {
  for (let i = 0; i < x.length; i++) scratch[i] = Math.abs(x[i] as number);
  const gone = Math.floor(share * x.length);
  return { low: orderStatistic(scratch, gone), high: orderStatistic(scratch, x.length - 1 - gone) };
}

/** Min-max of the balances between their (1 − ratio) quantile and their maximum; 0 up to the quantile. */
function competition(balances: Float32Array, ratio: number): (balance: number) => number {
  const last = balances.length - 1;
  const low = orderStatistic(balances, Math.min(last, Math.floor(balances.length * (1 - ratio))));
  const high = orderStatistic(balances, last);
  if (low === high) return balance => (balance === high && high > 0 ? 1 : 0);
  return balance => Math.max(0, balance - low) / (high - low);
}
