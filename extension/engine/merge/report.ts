/** merge-report.json: what a merge did, by tensor, by layer and in all. */
import type { MergeTotals } from '../../protocol.ts';
import { groupBy } from '../../shared/groupBy.ts';
import type { JobReport } from '../job.ts';
import { blockOf } from './layers.ts';
import type { MergeJob, TensorStats } from './mergeJob.ts';

interface Measured {
  readonly job: MergeJob;
  readonly stats: TensorStats;
}

/** Totals of some tensors. Inputs are left out when one of them was merged without reading each (shared vectors). */
function totals(measured: readonly Measured[], names: readonly string[]): MergeTotals {
  const sum = (of: (stats: TensorStats) => number) =>
    measured.reduce((total, { stats }) => total + of(stats), 0);
  const norm = Math.sqrt(sum(({ merged }) => merged));
  const complete = measured.every(({ stats }) => stats.inputs.length === names.length);
  const inputs = names.map((name, i) => {
    const length = Math.sqrt(sum(stats => stats.inputs[i] ?? 0));
    const product = sum(stats => stats.products[i] ?? 0);
    return { name, norm: length, cosine: length * norm > 0 ? product / (length * norm) : 0 };
  });
  const moved = sum(stats => stats.moved);
  return {
    norm,
    inputs: complete ? inputs : [],
    signConflicts: moved > 0 ? sum(({ conflicts }) => conflicts) / moved : 0,
  };
}

export interface MergeReport {
  readonly model: MergeTotals;
  /** By block; `null` is everything outside the blocks. */
  readonly layers: readonly ({ readonly layer: number | null } & MergeTotals)[];
  readonly tensors: readonly ({ readonly tensor: string; readonly scale: number } & MergeTotals)[];
  /** Tensors taken over from an interrupted run, of which there are no numbers. */
  readonly unmeasured: number;
}

/** @param reports by job; undefined where a job was not run again */
export function mergeReport(
  jobs: readonly MergeJob[],
  reports: readonly (JobReport | undefined)[],
  names: readonly string[],
): MergeReport {
  const measured = jobs.flatMap((job, i) => {
    const stats = reports[i]?.findings?.stats;
    return stats ? [{ job, stats }] : [];
  });
  const byLayer = [...groupBy(measured, ({ job }) => blockOf(job.tensor) ?? null)];
  return {
    model: totals(measured, names),
    layers: byLayer
      .sort(([a], [b]) => (a ?? Infinity) - (b ?? Infinity))
      .map(([layer, members]) => ({ layer, ...totals(members, names) })),
    tensors: measured
      .map(one => ({ tensor: one.job.tensor, scale: one.job.scale, ...totals([one], names) }))
      .sort((a, b) => (a.tensor < b.tensor ? -1 : 1)),
    unmeasured: reports.filter(report => report === undefined).length,
  };
}
