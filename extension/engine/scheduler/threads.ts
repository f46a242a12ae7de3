import type { MemoryShare } from './memoryShare.ts';
import { UserError } from '../../shared/errors.ts';
import { kernelModule } from '../kernels.ts';
import type { Item, ItemReport } from './item.ts';
import { itemBytes, type ItemKind } from './itemKind.ts';
import type { ItemRunner } from './itemRunner.ts';
import { KeptThreads } from './keptThreads.ts';
import { OrderedSink, type Sink } from './orderedSink.ts';
import type { Thread } from './thread.ts';
import type { FromWorker, WorkerError } from './workerMessages.ts';

/** Shared by all jobs of this process. */
const kept = new KeptThreads();

/** For a job that is to have all the memory to itself, without threads. */
export const endIdleThreads = (): Promise<void> => kept.endIdle();

/** Runs items on CPU threads. A run that fails or is cancelled ends its threads, whatever they are doing. */
export function threadRunner({ threads, arena }: MemoryShare): ItemRunner {
  return async (kind, items, sink, signal, onItemDone) => {
    signal.throwIfAborted();
    if (items.length === 0) return;
    const used = await kept.take(Math.min(threads, items.length), arena, await kernelModule());
    try {
      await runOn(used, kind, items, sink, signal, onItemDone);
    } catch (error) {
      await Promise.all(used.map(thread => thread.terminate()));
      throw error;
    }
    await kept.keep(used);
  };
}

/** Items start in order, and their output stays in order. */
async function runOn<J extends Item, R extends ItemReport>(
  threads: readonly Thread[],
  kind: ItemKind<J, R>,
  items: readonly J[],
  sink: Sink<R>,
  signal: AbortSignal,
  onItemDone: (tensor: string, bytes: number) => void,
): Promise<void> {
  const queue = items.entries();
  let abort: (() => void) | undefined;
  let ordered: OrderedSink<R> | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      abort = () => reject(signal.reason as Error);
      signal.addEventListener('abort', abort, { once: true });
      if (signal.aborted) abort(); // aborted while threads were starting, before the listener was added
      const taking = (ordered = new OrderedSink<R>(sink, reject));
      let running = threads.length;
      for (const thread of threads) {
        let current: [number, J] | undefined;
        const next = () => {
          const item = queue.next();
          current = item.done ? undefined : item.value;
          if (current) thread.send({ type: 'item', item: current[1] });
          else if (--running === 0) void taking.drained().then(resolve);
        };
        const message = (message: FromWorker) => {
          const [number, item] = current as [number, J];
          if (message.type === 'event') {
            const { event } = message;
            const buffers = event.type === 'bytes' ? [event.bytes.buffer] : [];
            void taking
              .push(number, event)
              .then(() => thread.send({ type: 'written', buffer: buffers[0] }, buffers));
          } else if (message.type === 'failed') reject(asError(message.error));
          else {
            // The thread ran an item of this kind.
            taking.finish(number, message.report as R);
            onItemDone(item.tensor, itemBytes(kind, item));
            next();
          }
        };
        thread.handlers = { message, error: reject };
        next();
      }
    });
  } finally {
    if (abort) signal.removeEventListener('abort', abort);
    for (const thread of threads) thread.handlers = undefined;
    await ordered?.stop();
  }
}

/** A thread's error, with its original class. */
function asError({ name, message, stack, kind, lines, code }: WorkerError): Error {
  const options = code === undefined ? undefined : { cause: { code } };
  const error = kind ? new UserError(lines, kind, options) : new Error(message, options);
  error.name = name;
  if (stack) error.stack = stack;
  return error;
}
