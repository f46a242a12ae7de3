/** Messages to and from a thread of the CPU backend. */
import type { Told } from '../../shared/remedies.ts';
import type { Item, ItemEvent, ItemReport } from './item.ts';

export interface WorkerData {
  readonly module: WebAssembly.Module;
  /** Bytes of backend memory. */
  readonly arena: number;
}

export type ToWorker =
  | { readonly type: 'item'; readonly item: Item }
  /** The oldest unacknowledged event has been written; its buffer comes back to be reused. */
  | { readonly type: 'written'; readonly buffer: ArrayBuffer | undefined }
  /** The run is over: closes its files. */
  | { readonly type: 'rest' };

/** What a thread sends during a run. */
export type FromWorker =
  | { readonly type: 'event'; readonly event: ItemEvent }
  | { readonly type: 'done'; readonly report: ItemReport }
  | { readonly type: 'failed'; readonly error: WorkerError };

/** The files of the last run are closed. */
export interface Rested {
  readonly type: 'rested';
}

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
