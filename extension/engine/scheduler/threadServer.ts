/** The inside of a thread of the CPU backend. */
import type { MessagePort } from 'node:worker_threads';
import { createCpuBackend } from '../../../kernels/backends/cpu/backend.ts';
import { FilePool } from '../../formats/filePool.ts';
import { linesOf, systemCode } from '../../shared/errors.ts';
import { BufferPool } from './bufferPool.ts';
import type { JobEvent } from './job.ts';
import { runJob, type JobKind } from './jobKind.ts';
import { WriteAhead } from './orderedSink.ts';
import type { FromWorker, Rested, ToWorker, WorkerData, WorkerError } from './workerMessages.ts';

/** Threads are stopped by terminating them: no signal reaches a running WebAssembly call anyway. */
const NEVER = new AbortController().signal;

/** Takes jobs of `kinds`, one at a time, and sends back what they emit. */
export function serveJobs(port: MessagePort, { module, arena }: WorkerData, kinds: readonly JobKind[]): void {
  const buffers = new BufferPool();
  const backend = createCpuBackend({ module, memory: arena, allocate: bytes => buffers.take(bytes) });
  const files = new FilePool();
  const unwritten: (() => void)[] = [];
  const send = (message: FromWorker | Rested, transfer: ArrayBuffer[] = []) =>
    port.postMessage(message, transfer);
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
    } else if (message.type === 'rest') {
      buffers.clear();
      void files.close().then(() => send({ type: 'rested' }));
    } else {
      const { job } = message;
      const kind = kinds.find(one => one.kind === job.kind);
      if (!kind) throw new Error(`there is no kind of job "${job.kind}"`);
      runJob(kind, job, context).then(
        report => send({ type: 'done', report }),
        (error: Error & { readonly kind?: WorkerError['kind'] }) => {
          const { name, message, stack, kind } = error;
          const [lines, code] = [linesOf(error), systemCode(error)];
          send({ type: 'failed', error: { name, message, stack, kind, lines, code } });
        },
      );
    }
  });
}
