/** The inside of a thread of the CPU backend. */
import type { MessagePort } from 'node:worker_threads';
import { createCpuBackend } from '../../../kernels/backends/cpu/backend.ts';
import { FilePool } from '../../formats/filePool.ts';
import { linesOf, systemCode } from '../../shared/errors.ts';
import { BufferPool } from './bufferPool.ts';
import type { ItemEvent } from './item.ts';
import { runItem, type ItemKind } from './itemKind.ts';
import { WriteAhead } from './orderedSink.ts';
import type { FromWorker, Rested, ToWorker, WorkerData, WorkerError } from './workerMessages.ts';

/** Threads are stopped by terminating them: no signal reaches a running WebAssembly call anyway. */
const NEVER = new AbortController().signal;

/** Takes items of `kinds`, one at a time, and sends back what they emit. */
export function serveItems(
  port: MessagePort,
  { module, arena }: WorkerData,
  kinds: readonly ItemKind[],
): void {
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
    emit: (event: ItemEvent) => ahead.emit(event),
  };

  port.on('message', (message: ToWorker) => {
    if (message.type === 'written') {
      if (message.buffer) buffers.put(message.buffer);
      unwritten.shift()?.();
    } else if (message.type === 'rest') {
      buffers.clear();
      void files.close().then(() => send({ type: 'rested' }));
    } else {
      const { item } = message;
      const kind = kinds.find(one => one.kind === item.kind);
      if (!kind) throw new Error(`there is no kind of item "${item.kind}"`);
      runItem(kind, item, context).then(
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
