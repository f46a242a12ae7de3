/** Messages to and from a thread of the CPU backend. */
import type { Told } from '../../shared/remedies.ts';
import type { Job, JobEvent, JobReport } from './job.ts';

export interface WorkerData {
  readonly module: WebAssembly.Module;
  /** Bytes of backend memory. */
  readonly arena: number;
}

export type ToWorker =
  | { readonly type: 'job'; readonly job: Job }
  /** The oldest unacknowledged event has been written; its buffer comes back to be reused. */
  | { readonly type: 'written'; readonly buffer: ArrayBuffer | undefined }
  | { readonly type: 'close' };

export type FromWorker =
  | { readonly type: 'event'; readonly event: JobEvent }
  | { readonly type: 'done'; readonly report: JobReport }
  | { readonly type: 'failed'; readonly error: WorkerError };

/** An error as sent between threads, which keeps neither class nor prototype. */
export interface WorkerError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly kind: 'usage' | 'failed' | undefined;
  readonly lines: readonly Told[];
  /** Of the system error it is about. */
  readonly code: string | undefined;
}
