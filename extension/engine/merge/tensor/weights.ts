/** Sums of the inputs' weights: dividing by them, and when that is impossible. */
import type { Problem } from '../../../protocol/results.ts';
import { error } from '../../../shared/problems.ts';
import type { MergeItem } from './mergeItem.ts';
import type { MergeMethod } from '../methods/method.ts';

/** A sum of weights below this share of their magnitudes has cancelled: dividing by it would amplify rounding a millionfold. */
const CANCELLED = 1e-6;

const sumOf = (weights: readonly number[]): number => weights.reduce((a, b) => a + b, 0);
const magnitudeOf = (weights: readonly number[]): number => sumOf(weights.map(Math.abs));

/** Weights unchanged, or divided by their sum, which `checkWeights` has checked not to be 0. */
export function shares(weights: readonly number[], normalize: boolean): number[] {
  const sum = sumOf(weights);
  // Weights that are all 0, if that is allowed, stay 0.
  return normalize && sum !== 0 ? weights.map(weight => weight / sum) : [...weights];
}

/** Rounding of one float32 operation, relative. */
const UNIT_ROUNDOFF = 2 ** -24;
const LEAST_NORMAL = 2 ** -126;

/**
 * Least magnitude of a float32 sum of some of these weights that is divided by: below it the weights cancel, and only
 * the rounding of each weight and each addition is left. Weights of one sign never cancel.
 */
export function leastShare(weights: readonly number[]): number {
  const mixed = weights.some(weight => weight > 0) && weights.some(weight => weight < 0);
  const rounding = weights.length * UNIT_ROUNDOFF * magnitudeOf(weights);
  return mixed ? Math.max(LEAST_NORMAL, rounding) : LEAST_NORMAL;
}

/** What is wrong with one tensor's weights. */
type Fault = 'cancelled' | 'zero';

const MEANINGS: Readonly<Record<Fault, string>> = {
  cancelled: 'the weights add up to 0, and the merge is divided by their sum',
  zero: 'the weights are all 0: there is nothing to merge',
};

/**
 * Weights that leave nothing to divide by, or nothing to merge, in one line each. A merge of task vectors may leave
 * some tensors unchanged, by weights of 0, but not all.
 */
export function checkWeights(method: MergeMethod, items: readonly MergeItem[]): Problem[] {
  if (!method.parameters.some(({ name }) => name === 'weight')) return [];
  const merged = items.filter(({ way }) => way.kind !== 'copy');
  const faults = merged.map(item => faultOf(method, item));
  return (['cancelled', 'zero'] as const).flatMap((fault): Problem[] => {
    const found = merged.filter((_, i) => faults[i] === fault);
    const [first] = found;
    const allowed = fault === 'zero' && method.family === 'vectors' && found.length < merged.length;
    if (!first || allowed) return [];
    const where =
      found.length === merged.length
        ? ''
        : found.length === 1
          ? ` in ${first.tensor}`
          : ` in ${found.length} of ${merged.length} tensors (${first.tensor} …)`;
    return [
      error(
        `method ${method.name}${where}: ${MEANINGS[fault]}; weights here are ${weightsOf(first).join(', ')}: change one of them`,
      ),
    ];
  });
}

const weightsOf = ({ inputValues }: MergeItem): number[] => inputValues.map(({ weight }) => Number(weight));

function faultOf({ normalizes }: MergeMethod, item: MergeItem): Fault | undefined {
  const weights = weightsOf(item);
  const magnitude = magnitudeOf(weights);
  if (magnitude === 0) return 'zero';
  const divides = normalizes?.(item.values) === true;
  return divides && Math.abs(sumOf(weights)) <= CANCELLED * magnitude ? 'cancelled' : undefined;
}
