import { translatable } from '../../../shared/translatable.ts';
import type { MergeMethod } from './method.ts';
import { orderStatistic } from './orderStatistic.ts';

/** Added to every probability, so that the logarithm of a quotient of two stays finite. */
const FLOOR = 1e-8;

export const arceeFusion: MergeMethod = {
  name: 'arcee_fusion',
  title: 'Arcee Fusion',
  family: 'models',
  meaning: translatable(
    'Takes from the second model the weights that matter most, and keeps the first elsewhere.',
  ),
  variant:
    "mergekit's: importance |b − a| · KL(softmax(b row) ‖ softmax(a row)), rows along the last dimension; from median + 1.5·(Q3 − Q1) on, a weight is the second model's. Softmax and KL in float64, and quartiles of all weights, where mergekit computes in the models' dtype and samples a million of larger tensors at random. Tensors with rows of one value are of equal importance all over and become the second model's.",
  parameters: [],
  base: 'unused',
  minimumInputs: 2,
  maximumInputs: 2,
  way: {
    kind: 'values',
    drops: false,
    workingValues: shape => shape.reduce((a, b) => a * b, 1),
    merge: ({ shape, xs }) => {
      const [first, second] = xs as [Float32Array, Float32Array];
      if (first.length === 0) return first;
      const importance = importances(first, second, shape.at(-1) ?? 1);
      const quantile = (share: number) =>
        orderStatistic(importance, Math.floor(share * (importance.length - 1)));
      const threshold = quantile(0.5) + 1.5 * (quantile(0.75) - quantile(0.25));
      return first.map((a, i) => ((importance[i] as number) >= threshold ? (second[i] as number) : a));
    },
  },
};

/** |b − a| times the divergence of the row, for tensors of rows of `length` values. */
function importances(a: Float32Array, b: Float32Array, length: number): Float32Array {
  const result = new Float32Array(a.length);
  for (let row = 0; row < a.length; row += length) {
    const divergence = kullbackLeibler(b.subarray(row, row + length), a.subarray(row, row + length));
    for (let i = row; i < row + length; i++)
      result[i] = Math.abs((b[i] as number) - (a[i] as number)) * divergence;
  }
  return result;
}

/** Σ p·ln(p / q) of the softmax p of x and q of y, each raised by the floor. */
function kullbackLeibler(x: Float32Array, y: Float32Array): number {
  const ofX = softmax(x);
  const ofY = softmax(y);
  let sum = 0;
  for (let i = 0; i < x.length; i++) {
    const p = ofX(i) + FLOOR;
    sum += p * Math.log(p / (ofY(i) + FLOOR));
  }
  return Math.max(0, sum);
}

/** The softmax of a row, value by value. */
function softmax(row: Float32Array): (i: number) => number {
  const largest = row.reduce((max, value) => Math.max(max, value), -Infinity);
  const sum = row.reduce((total, value) => total + Math.exp(value - largest), 0);
  return i => Math.exp((row[i] as number) - largest) / sum;
}
