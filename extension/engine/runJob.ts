import type { JobContext, JobReport } from './job.ts';
import { runQuantizeJob, type QuantizeJob } from './quantize/job.ts';
import { runRestoreJob, type RestoreJob } from './restore/job.ts';

/** Everything a run is made of: plain data, so that it can be sent to a thread. */
export type Job = QuantizeJob | RestoreJob;

export function runJob(job: Job, context: JobContext): Promise<JobReport> {
  switch (job.kind) {
    case 'quantize':
      return runQuantizeJob(job, context);
    case 'restore':
      return runRestoreJob(job, context);
  }
}

/** Bytes a job reads, for progress. */
export function jobBytes(job: Job): number {
  const sources =
    job.kind === 'quantize'
      ? [job.base, ...job.tasks.map(({ source }) => source)]
      : [job.base, job.record.payload];
  return sources.reduce((sum, source) => sum + (source?.bytes ?? 0), 0);
}
