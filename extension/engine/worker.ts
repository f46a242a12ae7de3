/** A thread of the CPU backend: takes jobs one at a time, hands back what they emit. */
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { createCpuBackend } from '../../kernels/cpu.ts';
import { BufferPool } from './bufferPool.ts';
import { FilePool } from './checkpoint/io.ts';
import { systemCode } from './errors.ts';
import type { JobEvent, JobReport } from './job.ts';
import { WriteAhead } from './orderedSink.ts';
import { runJob, type Job } from './runJob.ts';

export interface WorkerData {
  readonly module: WebAssembly.Module;
  /** Bytes of backend memory. */
  readonly arena: number;
}

export type ToWorker =
  | { readonly type: 'job'; readonly job: Job }
  /** The oldest event that was not yet acknowledged is written; its buffer comes back to be used again. */
  | { readonly type: 'written'; readonly buffer: ArrayBuffer | undefined }
  | { readonly type: 'close' };

export type FromWorker =
  | { readonly type: 'event'; readonly event: JobEvent }
  | { readonly type: 'done'; readonly report: JobReport }
  | { readonly type: 'failed'; readonly error: WorkerError };

/** An error as it crosses threads, which keep neither class nor prototype. */
export interface WorkerError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly kind: 'usage' | 'failed' | undefined;
  /** Of the system error it is about. */
  readonly code: string | undefined;
}

/** Threads are stopped by terminating them: no signal reaches a running WebAssembly call anyway. */
const NEVER = new AbortController().signal;

function serve(port: MessagePort, { module, arena }: WorkerData): void {
  const buffers = new BufferPool();
  const backend = createCpuBackend({ module, memory: arena, allocate: bytes => buffers.take(bytes) });
  const files = new FilePool();
  const unwritten: (() => void)[] = [];
  const send = (message: FromWorker, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);
  const ahead = new WriteAhead(event => {
    send({ type: 'event', event }, event.type === 'bytes' ? [event.bytes.buffer] : []);
    return new Promise(resolve => unwritten.push(resolve));
  });
  const context = {
    backend,
    kernels: backend.kernels,
    files,
    signal: NEVER,
    emit: (event: JobEvent) => ahead.emit(event),
  };

  port.on('message', (message: ToWorker) => {
    if (message.type === 'written') {
      if (message.buffer) buffers.put(message.buffer);
      unwritten.shift()?.();
    } else if (message.type === 'close') void files.close().then(() => port.close());
    else {
      runJob(message.job, context).then(
        report => send({ type: 'done', report }),
        (error: Error & { readonly kind?: WorkerError['kind'] }) => {
          const { name, message, stack, kind } = error;
          send({ type: 'failed', error: { name, message, stack, kind, code: systemCode(error) } });
        },
      );
    }
  });
}

if (parentPort) serve(parentPort, workerData as WorkerData);
