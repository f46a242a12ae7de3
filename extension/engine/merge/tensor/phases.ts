/** What must be known about the whole model before its tensors can be merged. */
import { elementCount } from '../../../formats/dtype.ts';
import {
  exactOf,
  type MergeFindings,
  type MergeItem,
  type MergeMeasure,
  type TensorWay,
} from './mergeItem.ts';
import { narrow, NOTHING, selectionOf, type Selection } from '../math/sparsify.ts';

/** Runs items that only measure. Findings come as the items end, in any order. */
export type Measure = (
  items: readonly MergeItem[],
  take: (findings: MergeFindings, item: number) => void,
) => Promise<void>;

/** Adds to each item what comes from the whole model: thresholds and the sign of zeros (ties), rescalers (emr). */
export async function prepare(items: readonly MergeItem[], measure: Measure): Promise<readonly MergeItem[]> {
  const exact = await measured(
    items.flatMap(item => exactOf(item) ?? []),
    measure,
  );
  const prepared = await measured(items, measure);
  return exact.length > 0 ? prepared.map((item, i) => ({ ...item, exact: exact[i] })) : prepared;
}

async function measured(items: readonly MergeItem[], measure: Measure): Promise<readonly MergeItem[]> {
  if (items.some(isEmr)) return withRescalers(items, measure);
  return items.some(isTrimmedByModel) ? withModelTrim(items, measure) : items;
}

const isEmr = ({ way }: MergeItem): boolean => way.kind === 'selective' && way.combine === 'emr';

const isTrimmedByModel = ({ way, values }: MergeItem): boolean =>
  way.kind === 'selective' && way.sparsify === 'trim' && values.trim === 'global';

const measuring = (items: readonly MergeItem[], measure: MergeMeasure): MergeItem[] =>
  items.map(item => ({ ...item, measure }));

const withWay = (item: MergeItem, change: Partial<Extract<TensorWay, { kind: 'selective' }>>): MergeItem =>
  item.way.kind === 'selective' ? { ...item, way: { ...item.way, ...change } } : item;

const densitiesOf = ({ inputValues }: MergeItem): number[] =>
  inputValues.map(({ density }) => Number(density));

/**
 * TIES over the whole model: the k-th magnitude of each task vector, k = ⌊N·(1 − density)⌋ (the smallest for k = 0),
 * exactly, by three histograms; then the majority sign of the sums, which exact zeros get. If densities differ by
 * tensor, there is a threshold for each density, all from one ranking over the model, and a tensor is trimmed by that
 * of its own density.
 */
async function withModelTrim(items: readonly MergeItem[], measure: Measure): Promise<MergeItem[]> {
  const ranked = items.filter(isTrimmedByModel);
  const total = ranked.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  const thresholds = await modelThresholds(ranked, total, measure);
  const trimmed = items.map(item => {
    if (!isTrimmedByModel(item)) return item;
    const own = densitiesOf(item).map((density, i) => thresholds[i]?.get(density)?.prefix ?? NOTHING);
    return withWay(item, { thresholds: own });
  });
  let balance = 0;
  await measure(measuring(trimmed.filter(isTrimmedByModel), { kind: 'signs' }), ({ signs }) => {
    balance += (signs?.positive ?? 0) - (signs?.negative ?? 0);
  });
  return trimmed.map(item =>
    isTrimmedByModel(item) ? withWay(item, { zeroSign: Math.sign(balance) }) : item,
  );
}

/**
 * By input, the selection for each of its densities except 0, narrowed to one magnitude key. Three passes over the
 * model, however many densities there are; histograms are added up as they come, one for each prefix that is left.
 */
async function modelThresholds(
  items: readonly MergeItem[],
  total: number,
  measure: Measure,
): Promise<readonly ReadonlyMap<number, Selection>[]> {
  const inputs = items[0]?.inputs ?? [];
  let selections = inputs.map((_, i) => {
    const densities = new Set(
      items.map(item => densitiesOf(item)[i] as number).filter(density => density > 0),
    );
    return new Map([...densities].map(density => [density, selectionOf(total, density)] as const));
  });
  for (const level of [0, 1, 2] as const) {
    const prefixes = selections.map(of => [...new Set([...of.values()].map(({ prefix }) => prefix))]);
    const sums = prefixes.map(of => of.map((): Float64Array | undefined => undefined));
    await measure(measuring(items, { kind: 'histogram', level, prefixes }), ({ histograms = [] }) => {
      for (const [i, ofInput] of histograms.entries())
        for (const [j, counts] of ofInput.entries()) {
          const ofSums = sums[i] as (Float64Array | undefined)[];
          ofSums[j] = added(ofSums[j], counts);
        }
    });
    selections = selections.map((of, i) => {
      const histogramOf = new Map(prefixes[i]?.map((prefix, j) => [prefix, sums[i]?.[j]]));
      return new Map(
        [...of].map(([density, selection]) => [
          density,
          narrow(selection, level, histogramOf.get(selection.prefix) as Float64Array),
        ]),
      );
    });
  }
  return selections;
}

/** Histograms of a model may count more than 32 bits hold: the sums are plain numbers. */
function added(sum: Float64Array | undefined, counts: Uint32Array): Float64Array {
  if (!sum) return Float64Array.from(counts);
  for (const [bin, count] of counts.entries()) sum[bin] = (sum[bin] as number) + count;
  return sum;
}

/** EMR: Σ|τ| / Σ|masked unified vector| of each task over the whole model. */
async function withRescalers(items: readonly MergeItem[], measure: Measure): Promise<MergeItem[]> {
  const findings: MergeFindings[] = [];
  const merged = items.filter(isEmr);
  await measure(measuring(merged, { kind: 'emr' }), (found, item) => void (findings[item] = found));
  const inputs = merged[0]?.inputs.length ?? 0;
  // In the order of the items: sums of floats depend on it.
  const rescalers = Array.from({ length: inputs }, (_, i) => {
    const own = findings.reduce((sum, { emr }) => sum + (emr?.[i]?.own ?? 0), 0);
    const unified = findings.reduce((sum, { emr }) => sum + (emr?.[i]?.unified ?? 0), 0);
    return own / Math.max(unified, 1e-12);
  });
  return items.map(item => withWay(item, { rescalers }));
}
