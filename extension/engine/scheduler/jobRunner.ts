import type { Backend } from '../../../kernels/backend.ts';
import type { Kernels } from '../../../kernels/wasm.ts';
import { FilePool } from '../../formats/filePool.ts';
import type { Job, JobEvent, JobReport } from './job.ts';
import { jobBytes, runJob, type JobKind } from './jobKind.ts';
import { OrderedSink, WriteAhead, type Sink } from './orderedSink.ts';

/**
 * Runs jobs and passes what they emit to the sink, in the order of the jobs. Rejects with the first error, or with the
 * signal's reason; nothing is emitted after that.
 */
export type JobRunner = <J extends Job, R extends JobReport>(
  kind: JobKind<J, R>,
  jobs: readonly J[],
  sink: Sink<R>,
  signal: AbortSignal,
  /** Called with the tensor's name and the bytes that were read for it. */
  onJobDone: (tensor: string, bytes: number) => void,
) => Promise<void>;

/** Runs jobs in this thread, as many side by side as the backend has scopes: the WebGPU backend's way. */
export const localRunner =
  (backend: Backend, kernels: Kernels): JobRunner =>
  async (kind, jobs, sink, signal, onJobDone) => {
    const files = new FilePool();
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    const failed = new Promise<never>((_, reject) => {
      either.addEventListener('abort', () => reject(either.reason as Error), { once: true });
    });
    failed.catch(() => undefined); // it is raced below; nobody handles a late abort
    const ordered = new OrderedSink(sink, error => stop.abort(error));
    const queue = jobs.entries();
    const lane = async () => {
      for (const [number, job] of queue) {
        either.throwIfAborted();
        const ahead = new WriteAhead(event => ordered.push(number, event));
        // Once the run has failed, nothing is accepted any more: this ends a job that waits for that.
        const emit = (event: JobEvent) => Promise.race([ahead.emit(event), failed]);
        ordered.finish(number, await runJob(kind, job, { backend, kernels, files, signal: either, emit }));
        onJobDone(job.tensor, jobBytes(kind, job));
      }
    };
    const lanes = Array.from({ length: backend.scopes }, () =>
      lane().catch((error: unknown) => {
        stop.abort(error);
        throw error;
      }),
    );
    try {
      either.throwIfAborted();
      await Promise.race([Promise.all(lanes).then(() => ordered.drained()), failed]);
    } finally {
      stop.abort();
      await ordered.stop();
      await Promise.allSettled(lanes);
      await files.close();
    }
  };
