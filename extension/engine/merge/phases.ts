/** What has to be known of the whole model before its tensors can be merged. */
import { elementCount } from '../checkpoint/dtype.ts';
import { exactOf, type MergeFindings, type MergeJob, type MergeMeasure, type TensorWay } from './mergeJob.ts';
import { narrow, type Selection } from './sparsify.ts';

/** Runs jobs that only measure. */
export type Measure = (jobs: readonly MergeJob[]) => Promise<readonly MergeFindings[]>;

/** Adds to each job what the whole model tells: thresholds and the sign of zeros (ties), rescalers (emr). */
export async function prepare(jobs: readonly MergeJob[], measure: Measure): Promise<readonly MergeJob[]> {
  const exact = await measured(
    jobs.flatMap(job => exactOf(job) ?? []),
    measure,
  );
  const prepared = await measured(jobs, measure);
  return exact.length > 0 ? prepared.map((job, i) => ({ ...job, exact: exact[i] })) : prepared;
}

async function measured(jobs: readonly MergeJob[], measure: Measure): Promise<readonly MergeJob[]> {
  const first = jobs.find(({ way }) => way.kind === 'selective');
  if (first?.way.kind !== 'selective') return jobs;
  if (first.way.combine === 'emr') return withRescalers(jobs, measure);
  if (first.way.sparsify === 'trim' && first.values.trim === 'global') return withModelTrim(jobs, measure);
  return jobs;
}

const selective = (jobs: readonly MergeJob[]) => jobs.filter(({ way }) => way.kind === 'selective');

const measuring = (jobs: readonly MergeJob[], measure: MergeMeasure): MergeJob[] =>
  selective(jobs).map(job => ({ ...job, measure }));

const withWay = (
  jobs: readonly MergeJob[],
  change: Partial<Extract<TensorWay, { kind: 'selective' }>>,
): MergeJob[] =>
  jobs.map(job => (job.way.kind === 'selective' ? { ...job, way: { ...job.way, ...change } } : job));

/**
 * TIES over the whole model: the k-th magnitude of each task vector, k = ⌊N·(1 − density)⌋ (the smallest for k = 0),
 * exactly, by three histograms; then the majority sign of the sums, which exact zeros take.
 */
async function withModelTrim(jobs: readonly MergeJob[], measure: Measure): Promise<MergeJob[]> {
  const counted = selective(jobs);
  const total = counted.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  const densities = (counted[0] as MergeJob).inputValues.map(({ density }) => Number(density));
  let selections: Selection[] = densities.map(density => ({
    prefix: 0,
    rank: Math.max(Math.floor(total * (1 - density)), 1) - 1,
  }));
  for (const level of [0, 1, 2] as const) {
    const prefixes = selections.map(({ prefix }) => prefix);
    const findings = await measure(measuring(jobs, { kind: 'histogram', level, prefixes }));
    selections = selections.map((selection, i) => {
      const sums = findings.map(({ histograms }) => histograms?.[i] as Uint32Array);
      return narrow(selection, level, addUp(sums));
    });
  }
  const trimmed = withWay(jobs, { thresholds: selections.map(({ prefix }) => prefix) });
  const signs = await measure(measuring(trimmed, { kind: 'signs' }));
  const balance = signs.reduce(
    (sum, found) => sum + (found.signs?.positive ?? 0) - (found.signs?.negative ?? 0),
    0,
  );
  return withWay(trimmed, { zeroSign: Math.sign(balance) });
}

/** Histograms of a model may count more than 32 bits hold: the sums are plain numbers. */
function addUp(histograms: readonly Uint32Array[]): Float64Array {
  const sum = new Float64Array(histograms[0]?.length ?? 0);
  for (const histogram of histograms)
    for (const [bin, count] of histogram.entries()) sum[bin] = (sum[bin] as number) + count;
  return sum;
}

/** EMR: Σ|τ| / Σ|masked unified vector| of each task over the whole model. */
async function withRescalers(jobs: readonly MergeJob[], measure: Measure): Promise<MergeJob[]> {
  const findings = await measure(measuring(jobs, { kind: 'emr' }));
  const inputs = jobs[0]?.inputs.length ?? 0;
  const rescalers = Array.from({ length: inputs }, (_, i) => {
    const own = findings.reduce((sum, { emr }) => sum + (emr?.[i]?.own ?? 0), 0);
    const unified = findings.reduce((sum, { emr }) => sum + (emr?.[i]?.unified ?? 0), 0);
    return own / Math.max(unified, 1e-12);
  });
  return withWay(jobs, { rescalers });
}
