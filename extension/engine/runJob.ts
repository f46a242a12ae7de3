import { FileError } from './errors.ts';
import { compareJobBytes, runCompareJob, type CompareJob } from './inspect/compareJob.ts';
import { detailJobBytes, runDetailJob, type DetailJob } from './inspect/detailJob.ts';
import type { JobContext, JobReport } from './job.ts';
import { inputSources } from './merge/inputTensor.ts';
import { mergeSources, type MergeJob } from './merge/mergeJob.ts';
import { mergeJobBytes, runMergeJob } from './merge/job.ts';
import { quantizeJobBytes, type QuantizeJob } from './quantize/job.ts';
import { runQuantizeJob } from './quantize/runQuantizeJob.ts';
import { restoreJobBytes, runRestoreJob, type RestoreJob } from './restore/job.ts';

/** Everything a run is made of: plain data, so that it can be sent to a thread. */
export type Job = QuantizeJob | RestoreJob | MergeJob | DetailJob | CompareJob;

/** @throws FileError naming the tensor too, when a file cannot be read */
export async function runJob(job: Job, context: JobContext): Promise<JobReport> {
  try {
    return await runKind(job, context);
  } catch (error) {
    throw error instanceof FileError && error.reading ? error.ofTensor(job.tensor) : error;
  }
}

function runKind(job: Job, context: JobContext): Promise<JobReport> {
  switch (job.kind) {
    case 'quantize':
      return runQuantizeJob(job, context);
    case 'restore':
      return runRestoreJob(job, context);
    case 'merge':
      return runMergeJob(job, context);
    case 'detail':
      return runDetailJob(job, context);
    case 'compare':
      return runCompareJob(job, context);
  }
}

/** Bytes a job reads, for progress. */
export const jobBytes = (job: Job): number =>
  sourcesOf(job).reduce((sum, source) => sum + (source?.bytes ?? 0), 0);

function sourcesOf(job: Job): readonly ({ readonly bytes: number } | undefined)[] {
  switch (job.kind) {
    case 'quantize':
      return [job.base ?? job.identified, ...job.tasks.map(({ source }) => source)];
    case 'restore':
      return [job.base, job.record.payload];
    case 'merge':
      return mergeSources(job);
    case 'detail':
      return inputSources(job.input);
    case 'compare':
      return [job.base, ...job.inputs.flatMap(inputSources)];
  }
}

/** Backend bytes that a job needs. */
export function jobMemory(job: Job, chunk: number): number {
  switch (job.kind) {
    case 'quantize':
      return quantizeJobBytes(job, chunk);
    case 'restore':
      return restoreJobBytes(job, chunk);
    case 'merge':
      return mergeJobBytes(job, chunk);
    case 'detail':
      return detailJobBytes(job, chunk);
    case 'compare':
      return compareJobBytes(job, chunk);
  }
}
