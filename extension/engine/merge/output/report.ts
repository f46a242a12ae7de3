/** merge-report.json: what a merge did, by tensor, by layer and in total (docs/merge-report.md). */
import type { LayerTotals } from '../../../protocol/merge.ts';
import type { MergeTotals, TensorFate } from '../../../protocol/results.ts';
import { groupBy } from '../../../shared/groupBy.ts';
import { countOf, NONE } from '../../tensors/notNumbers.ts';
import { byPlace, layersOf } from '../../../formats/names/layers.ts';
import type { MergeItem, TensorStats, MergeItemReport } from '../tensor/mergeItem.ts';

export interface MergeReport {
  /** What deltas are relative to; without a base there are none, and their numbers are null. */
  readonly reference: 'base' | 'none';
  readonly model: MergeTotals;
  readonly layers: readonly LayerTotals[];
  readonly tensors: readonly ({
    readonly tensor: string;
    readonly scale: number;
    /** Values that are NaN or infinite in the output. */
    readonly nonFinite: number;
  } & MergeTotals)[];
  /** What happened to all tensors, and why. */
  readonly fates: readonly TensorFate[];
}

interface Measured {
  readonly item: MergeItem;
  readonly stats: TensorStats | undefined;
  readonly nonFinite: number;
}

/**
 * @param reports by item
 * @param comparable whether differences from full precision count
 */
export function mergeReport(
  items: readonly MergeItem[],
  reports: readonly MergeItemReport[],
  names: readonly string[],
  comparable: boolean,
  fates: readonly TensorFate[],
): MergeReport {
  const measured = items.flatMap((item, i): Measured[] => {
    const report = reports[i];
    const stats = report?.findings?.stats;
    const difference = comparable ? stats?.difference : undefined;
    if (!report || item.way.kind === 'copy' || report.findings?.copied) return [];
    const nonFinite = countOf(report.findings?.written ?? NONE);
    return [{ item, stats: stats && { ...stats, difference }, nonFinite }];
  });
  const layers = layersOf(items.map(({ tensor }) => tensor));
  const byLayer = [...groupBy(measured, ({ item }) => layers.get(item.tensor))];
  return {
    reference: items.some(({ base }) => base) ? 'base' : 'none',
    model: totals(measured, names),
    layers: byLayer
      .sort(([a], [b]) => byPlace(a, b))
      .map(([layer, members]) => ({
        stack: layer?.stack ?? null,
        layer: layer?.number ?? null,
        ...totals(members, names),
      })),
    tensors: measured
      .map(one => ({
        tensor: one.item.tensor,
        scale: one.item.scale,
        nonFinite: one.nonFinite,
        ...totals([one], names),
      }))
      .sort((a, b) => (a.tensor < b.tensor ? -1 : 1)),
    fates,
  };
}

/** Totals of some tensors; null for what is unknown. */
function totals(measured: readonly Measured[], names: readonly string[]): MergeTotals {
  const stats = measured.flatMap(one => one.stats ?? []);
  const known = stats.length === measured.length;
  const sum = (of: (stats: TensorStats) => number) => stats.reduce((total, one) => total + of(one), 0);
  const norm = Math.sqrt(sum(({ merged }) => merged));
  // A sum of all tasks of an rtvq file was merged from their shared vector, without reading each.
  const eachRead = known && stats.every(({ inputs }) => inputs.length === names.length);
  return {
    norm: known ? norm : null,
    inputs: names.map((name, i) => {
      const length = Math.sqrt(sum(({ inputs }) => inputs[i] ?? 0));
      const product = sum(({ products }) => products[i] ?? 0);
      return {
        name,
        norm: eachRead ? length : null,
        cosine: eachRead ? quotient(product, length * norm) : null,
        kept: quotient(
          sum(({ kept }) => kept?.[i]?.kept ?? 0),
          sum(({ kept }) => kept?.[i]?.moved ?? 0),
        ),
      };
    }),
    difference: quotient(
      sum(({ difference }) => difference?.error ?? 0),
      sum(({ difference }) => difference?.energy ?? 0),
    ),
    signConflicts: eachRead
      ? quotient(
          sum(({ conflicts }) => conflicts),
          sum(({ moved }) => moved),
        )
      : null,
  };
}

const quotient = (a: number, b: number): number | null => (b > 0 ? a / b : null);
