import type { JobKind } from '../scheduler/jobKind.ts';
import { AnalyzeRun } from './analyzeRun.ts';
import type { QuantizeJob } from './job.ts';
import { quantizeMemory } from './quantizeMemory.ts';
import type { QuantizeReport } from './quantizeReport.ts';
import { QuantizeRun } from './quantizeRun.ts';

/** Emits begin/bytes/end for each output in order, unless it only measures. */
export const quantizeKind: JobKind<QuantizeJob, QuantizeReport> = {
  kind: 'quantize',
  sources: ({ base, identified, tasks }) => [base ?? identified, ...tasks.map(({ source }) => source)],
  allocate(job, memory, chunk) {
    const held = quantizeMemory(job, memory, chunk);
    return context =>
      job.analyze && held
        ? new AnalyzeRun(job, context, held).run(job.analyze)
        : QuantizeRun.run(job, context, held);
  },
};
