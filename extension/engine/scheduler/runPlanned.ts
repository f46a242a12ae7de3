import type { Problem, Progress } from '../../protocol/results.ts';
import type { Told } from '../../shared/remedies.ts';
import type { EngineBackend } from './engineBackend.ts';
import type { MemoryShare } from './memoryShare.ts';
import { Cancelled, UserError, withKept } from '../../shared/errors.ts';
import { whileUnchanged, type FileStamp } from '../../files/fileStamp.ts';
import type { Sink } from './orderedSink.ts';
import type { Job, JobReport } from './job.ts';
import { jobBytes, type JobKind } from './jobKind.ts';

export interface PlannedRun<J extends Job, R extends JobReport> {
  readonly kind: JobKind<J, R>;
  readonly jobs: readonly J[];
  /** Of all files that are read. */
  readonly stamps: readonly FileStamp[];
  readonly share: MemoryShare;
  readonly backend: EngineBackend;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

/** Where the results of jobs go. */
export interface Output {
  /** Removes what was written, or the part that is useless after this failure. @returns what is kept, one line each */
  discard(failure: unknown): Promise<readonly Told[] | void>;
}

/** Discards what a failed run wrote. @returns what to throw: Cancelled if it was cancelled */
export async function failed(error: unknown, signal: AbortSignal, output: Output): Promise<unknown> {
  const failure = signal.aborted ? new Cancelled() : error;
  return withKept(failure, (await output.discard(failure)) ?? []);
}

/** Runs jobs, checks that inputs do not change, and reports how much of their input has been read. */
export async function runCounted<J extends Job, R extends JobReport>(
  { kind, jobs, stamps, share, backend, signal, onProgress }: PlannedRun<J, R>,
  sink: Sink<R>,
): Promise<void> {
  const total = jobs.reduce((sum, job) => sum + jobBytes(kind, job), 0);
  let done = 0;
  await whileUnchanged(stamps, () =>
    backend.runner(share)(kind, jobs, sink, signal, (current, bytes) => {
      done += bytes;
      onProgress({ done, total, current });
    }),
  );
}

/** Runs jobs into an output that is committed when all succeeded, with unchanged inputs, and discarded when anything
 * fails. @returns what `commit` returns */
export async function runPlanned<J extends Job, R extends JobReport, Result>(
  run: PlannedRun<J, R>,
  sink: Sink<R>,
  output: Output,
  commit: () => Promise<Result>,
): Promise<Result> {
  const { signal } = run;
  try {
    await runCounted(run, sink);
    signal.throwIfAborted();
    return await commit();
  } catch (error) {
    throw await failed(error, signal, output);
  }
}

/** @throws UserError with every error among the problems */
export function refuseErrors(problems: readonly Problem[]): void {
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new UserError(errors);
}
