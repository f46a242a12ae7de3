/** What is to be said of values that were written but are no numbers, or were none that could stand. */
import { listed } from '../../shared/listed.ts';
import type { JobReport } from '../scheduler/job.ts';
import { NONE, warningOf } from './notNumbers.ts';
import type { NotNumbers } from '../../../kernels/stages/encode/stage.ts';

/** What a job tells of values that it wrote. */
export interface WriteReport extends JobReport {
  readonly findings?: {
    /** Values that are NaN or infinite. */
    readonly written?: NotNumbers;
    /** Variances below 0 that were written as 0. */
    readonly raised?: number;
  };
}

/** A line a problem, however many tensors it touches. @param reports by job */
export function outputWarnings(
  jobs: readonly { readonly tensor: string }[],
  reports: readonly WriteReport[],
): string[] {
  const found = jobs.map(({ tensor }, i) => ({ tensor, findings: reports[i]?.findings }));
  const written = warningOf(
    found.map(({ tensor, findings }) => ({ tensor, found: findings?.written ?? NONE })),
  );
  const raised = found.filter(({ findings }) => (findings?.raised ?? 0) > 0).map(({ tensor }) => tensor);
  const lines = written === undefined ? [] : [written];
  if (raised.length === 0) return lines;
  const what = `variances below 0, of damaged or quantized statistics, were written as 0: ${listed(raised)}`;
  return [...lines, what];
}
