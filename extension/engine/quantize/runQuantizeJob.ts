import type { JobContext, JobReport } from '../job.ts';
import { AnalyzeRun } from './analyzeRun.ts';
import type { QuantizeJob } from './job.ts';
import { QuantizeRun } from './quantizeRun.ts';

/** Runs a job; emits begin/bytes/end for each output in order, unless it only measures. */
export function runQuantizeJob(job: QuantizeJob, context: JobContext): Promise<JobReport> {
  return context.backend.scope(memory => {
    const { analyze } = job;
    return analyze
      ? new AnalyzeRun(job, context, memory).run(analyze)
      : QuantizeRun.run(job, context, memory);
  });
}
