/** What must be known about the whole model before its tensors can be merged. */
import { elementCount } from '../../../formats/dtype.ts';
import { exactOf, type MergeFindings, type MergeJob, type MergeMeasure, type TensorWay } from './mergeJob.ts';
import { narrow, NOTHING, selectionOf, type Selection } from '../math/sparsify.ts';

/** Runs jobs that only measure. Findings come as the jobs end, in any order. */
export type Measure = (
  jobs: readonly MergeJob[],
  take: (findings: MergeFindings, job: number) => void,
) => Promise<void>;

/** Adds to each job what comes from the whole model: thresholds and the sign of zeros (ties), rescalers (emr). */
export async function prepare(jobs: readonly MergeJob[], measure: Measure): Promise<readonly MergeJob[]> {
  const exact = await measured(
    jobs.flatMap(job => exactOf(job) ?? []),
    measure,
  );
  const prepared = await measured(jobs, measure);
  return exact.length > 0 ? prepared.map((job, i) => ({ ...job, exact: exact[i] })) : prepared;
}

async function measured(jobs: readonly MergeJob[], measure: Measure): Promise<readonly MergeJob[]> {
  if (jobs.some(isEmr)) return withRescalers(jobs, measure);
  return jobs.some(isTrimmedByModel) ? withModelTrim(jobs, measure) : jobs;
}

const isEmr = ({ way }: MergeJob): boolean => way.kind === 'selective' && way.combine === 'emr';

const isTrimmedByModel = ({ way, values }: MergeJob): boolean =>
  way.kind === 'selective' && way.sparsify === 'trim' && values.trim === 'global';

const measuring = (jobs: readonly MergeJob[], measure: MergeMeasure): MergeJob[] =>
  jobs.map(job => ({ ...job, measure }));

const withWay = (job: MergeJob, change: Partial<Extract<TensorWay, { kind: 'selective' }>>): MergeJob =>
  job.way.kind === 'selective' ? { ...job, way: { ...job.way, ...change } } : job;

const densitiesOf = ({ inputValues }: MergeJob): number[] =>
  inputValues.map(({ density }) => Number(density));

/**
 * TIES over the whole model: the k-th magnitude of each task vector, k = ⌊N·(1 − density)⌋ (the smallest for k = 0),
 * exactly, by three histograms; then the majority sign of the sums, which exact zeros get. If densities differ by
 * tensor, there is a threshold for each density, all from one ranking over the model, and a tensor is trimmed by that
 * of its own density.
 */
async function withModelTrim(jobs: readonly MergeJob[], measure: Measure): Promise<MergeJob[]> {
  const ranked = jobs.filter(isTrimmedByModel);
  const total = ranked.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  const thresholds = await modelThresholds(ranked, total, measure);
  const trimmed = jobs.map(job => {
    if (!isTrimmedByModel(job)) return job;
    const own = densitiesOf(job).map((density, i) => thresholds[i]?.get(density)?.prefix ?? NOTHING);
    return withWay(job, { thresholds: own });
  });
  let balance = 0;
  await measure(measuring(trimmed.filter(isTrimmedByModel), { kind: 'signs' }), ({ signs }) => {
    balance += (signs?.positive ?? 0) - (signs?.negative ?? 0);
  });
  return trimmed.map(job => (isTrimmedByModel(job) ? withWay(job, { zeroSign: Math.sign(balance) }) : job));
}

/**
 * By input, the selection for each of its densities except 0, narrowed to one magnitude key. Three passes over the
 * model, however many densities there are; histograms are added up as they come, one for each prefix that is left.
 */
async function modelThresholds(
  jobs: readonly MergeJob[],
  total: number,
  measure: Measure,
): Promise<readonly ReadonlyMap<number, Selection>[]> {
  const inputs = jobs[0]?.inputs ?? [];
  let selections = inputs.map((_, i) => {
    const densities = new Set(jobs.map(job => densitiesOf(job)[i] as number).filter(density => density > 0));
    return new Map([...densities].map(density => [density, selectionOf(total, density)] as const));
  });
  for (const level of [0, 1, 2] as const) {
    const prefixes = selections.map(of => [...new Set([...of.values()].map(({ prefix }) => prefix))]);
    const sums = prefixes.map(of => of.map((): Float64Array | undefined => undefined));
    await measure(measuring(jobs, { kind: 'histogram', level, prefixes }), ({ histograms = [] }) => {
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
async function withRescalers(jobs: readonly MergeJob[], measure: Measure): Promise<MergeJob[]> {
  const findings: MergeFindings[] = [];
  const merged = jobs.filter(isEmr);
  await measure(measuring(merged, { kind: 'emr' }), (found, job) => void (findings[job] = found));
  const inputs = merged[0]?.inputs.length ?? 0;
  // In the order of the jobs: sums of floats depend on it.
  const rescalers = Array.from({ length: inputs }, (_, i) => {
    const own = findings.reduce((sum, { emr }) => sum + (emr?.[i]?.own ?? 0), 0);
    const unified = findings.reduce((sum, { emr }) => sum + (emr?.[i]?.unified ?? 0), 0);
    return own / Math.max(unified, 1e-12);
  });
  return jobs.map(job => withWay(job, { rescalers }));
}
