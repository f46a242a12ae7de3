/** What there is to know of one kind of job; every kind is registered once, in jobKinds.ts. */
import { FileError } from '../../shared/errors.ts';
import type { MemoryShare } from './memoryShare.ts';
import type { Job, JobContext, JobReport } from './job.ts';

export interface JobKind<J extends Job = Job, R extends JobReport = JobReport> {
  readonly kind: J['kind'];
  /** Everything a job reads. */
  sources(job: J): readonly ({ readonly bytes: number } | undefined)[];
  /** Bytes of backend memory that a job needs, when stages take `chunk` elements at once. */
  memory(job: J, chunk: number): number;
  run(job: J, context: JobContext): Promise<R>;
}

/** Bytes a job reads, for progress. */
export const jobBytes = <J extends Job>(kind: JobKind<J>, job: J): number =>
  kind.sources(job).reduce((sum, source) => sum + (source?.bytes ?? 0), 0);

/** The most backend memory that one of the jobs needs; 0 where there is none. */
export const mostMemory = <J extends Job>(kind: JobKind<J>, jobs: readonly J[], chunk: number): number =>
  jobs.reduce((most, job) => Math.max(most, kind.memory(job, chunk)), 0);

/** Jobs with those whose tensors fit into the arena as a whole marked resident, so that they are read once. */
export const placeJobs = <J extends Job>(
  kind: JobKind<J>,
  jobs: readonly J[],
  { arena }: MemoryShare,
  chunk: number,
): J[] =>
  jobs.map(job => {
    if (job.resident === undefined) return job;
    const resident = { ...job, resident: true };
    return kind.memory(resident, chunk) <= arena ? resident : job;
  });

/** @throws FileError naming the tensor too, when a file cannot be read */
export async function runJob<J extends Job, R extends JobReport>(
  kind: JobKind<J, R>,
  job: J,
  context: JobContext,
): Promise<R> {
  try {
    return await kind.run(job, context);
  } catch (error) {
    throw error instanceof FileError && error.reading ? error.ofTensor(job.tensor) : error;
  }
}
