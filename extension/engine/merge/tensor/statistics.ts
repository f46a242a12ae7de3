/** How the running statistics of normalisation layers are merged: never by the method, always by a weighted mean. */
import { statisticOf } from '../../../formats/names/runningStatistics.ts';
import type { MergeItem, Shares } from './mergeItem.ts';
import type { MergeMethod } from '../methods/method.ts';
import { shares } from './weights.ts';

/** The item with a weighted mean instead of the method's way, if its tensor is a running statistic. */
export function averagingStatistics(item: MergeItem, method: MergeMethod): MergeItem {
  const statistic = statisticOf(item.tensor);
  if (statistic === undefined || item.way.kind === 'copy') return item;
  const variance = statistic === 'variance';
  const byOutput =
    item.outputs > 1 ? item.inputs.map((_, i) => ownShares(item, i)) : [sharesOf(item, method)];
  return { ...item, wanted: 'models', scale: 1, way: { kind: 'statistics', shares: byOutput, variance } };
}

/** A model a task (emr) has that task's own statistics. */
const ownShares = ({ inputs }: MergeItem, output: number): Shares => ({
  base: 0,
  inputs: inputs.map((_, i) => (i === output ? 1 : 0)),
});

/**
 * The method's effective weights: for input i max(0, scale·wᵢ), with weights divided by their sum if the method takes
 * the mean, and equal if it has none; the base gets the rest up to 1; normalised. This equals the method's own result
 * if that is a convex combination.
 */
function sharesOf({ values, inputValues, scale }: MergeItem, { way, family }: MergeMethod): Shares {
  const stated = way.kind === 'linear' ? way.shares?.(values) : undefined;
  const weights = inputValues.map(({ weight }) => weight);
  const weighted = weights.every(weight => typeof weight === 'number');
  const takesMean = !weighted || family === 'models' || way.kind === 'values' || values.merge === 'mean';
  const given = stated ?? shares(weighted ? weights : weights.map(() => 1), takesMean);
  const onBase = family !== 'models';
  const inputs = given.map(weight => Math.max(0, onBase ? scale * weight : weight));
  const sum = inputs.reduce((a, b) => a + b, 0);
  const base = onBase ? Math.max(0, 1 - sum) : 0;
  const total = sum + base;
  if (!(total > 0)) return { base: 0, inputs: inputs.map(() => 1 / inputs.length) };
  return { base: base / total, inputs: inputs.map(share => share / total) };
}
