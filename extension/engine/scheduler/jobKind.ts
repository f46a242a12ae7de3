/** What there is to know of one kind of job; every kind is registered once, in jobKinds.ts. */
import { measuringArena } from '../../../kernels/backends/cpu/backend.ts';
import type { Scope } from '../../../kernels/memory.ts';
import { FileError } from '../../shared/errors.ts';
import type { MemoryShare } from './memoryShare.ts';
import type { Job, JobContext, JobReport } from './job.ts';

/** Where a job's memory comes from: the backend's, and the process's own, which counts like it. */
export interface JobMemory extends Scope {
  /** Counts the bytes of plain arrays that the job fills on its way. */
  plain(bytes: number): void;
}

export interface JobKind<J extends Job = Job, R extends JobReport = JobReport> {
  readonly kind: J['kind'];
  /** Everything a job reads. */
  sources(job: J): readonly ({ readonly bytes: number } | undefined)[];
  /**
   * Takes all the memory that a job needs when stages take `chunk` elements at once. It reads and computes nothing: a
   * plan calls it, too, to know how much that is.
   * @returns what does the job in that memory
   */
  allocate(job: J, memory: JobMemory, chunk: number): (context: JobContext) => Promise<R>;
  /** What to do in place of a job that failed, in no more memory than it has; undefined: nothing. */
  instead?(job: J, error: unknown, context: JobContext): Promise<J | undefined>;
}

/** Bytes a job reads, for progress. */
export const jobBytes = <J extends Job>(kind: JobKind<J>, job: J): number =>
  kind.sources(job).reduce((sum, source) => sum + (source?.bytes ?? 0), 0);

/** Bytes of memory that a job needs: what it allocates is counted as the CPU backend counts it. */
export function memoryOf<J extends Job>(kind: JobKind<J>, job: J, chunk: number): number {
  const arena = measuringArena();
  const alloc = (bytes: number) => arena.alloc(bytes);
  kind.allocate(job, { alloc, plain: alloc }, chunk);
  return arena.needed;
}

/** The most memory that one of the jobs needs; 0 where there is none. */
export const mostMemory = <J extends Job>(kind: JobKind<J>, jobs: readonly J[], chunk: number): number =>
  jobs.reduce((most, job) => Math.max(most, memoryOf(kind, job, chunk)), 0);

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
    return memoryOf(kind, resident, chunk) <= arena ? resident : job;
  });

/** @throws FileError naming the tensor too, when a file cannot be read */
export async function runJob<J extends Job, R extends JobReport>(
  kind: JobKind<J, R>,
  job: J,
  context: JobContext,
): Promise<R> {
  try {
    return await inScope(kind, job, context).catch(async (error: unknown) => {
      const other = await kind.instead?.(job, error, context);
      if (!other) throw error;
      return inScope(kind, other, context);
    });
  } catch (error) {
    throw error instanceof FileError && error.reading ? error.ofTensor(job.tensor) : error;
  }
}

const inScope = <J extends Job, R extends JobReport>(
  kind: JobKind<J, R>,
  job: J,
  context: JobContext,
): Promise<R> =>
  context.backend.scope(scope => {
    const memory: JobMemory = { alloc: bytes => scope.alloc(bytes), plain: () => undefined };
    return kind.allocate(job, memory, context.backend.chunk)(context);
  });
