import type { Backend } from '../../../kernels/backend.ts';
import type { Kernels } from '../../../kernels/wasm.ts';
import { FilePool } from '../../formats/filePool.ts';
import type { Item, ItemEvent, ItemReport } from './item.ts';
import { itemBytes, runItem, type ItemKind } from './itemKind.ts';
import { OrderedSink, WriteAhead, type Sink } from './orderedSink.ts';

/**
 * Runs items and passes what they emit to the sink, in the order of the items. Rejects with the first error, or with the
 * signal's reason; nothing is emitted after that.
 */
export type ItemRunner = <J extends Item, R extends ItemReport>(
  kind: ItemKind<J, R>,
  items: readonly J[],
  sink: Sink<R>,
  signal: AbortSignal,
  /** Called with the tensor's name and the bytes that were read for it. */
  onItemDone: (tensor: string, bytes: number) => void,
) => Promise<void>;

/** Runs items in this thread, as many side by side as the backend has scopes: the WebGPU backend's way. */
export const localRunner =
  (backend: Backend, kernels: Kernels): ItemRunner =>
  async (kind, items, sink, signal, onItemDone) => {
    const files = new FilePool();
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    const failed = new Promise<never>((_, reject) => {
      either.addEventListener('abort', () => reject(either.reason as Error), { once: true });
    });
    failed.catch(() => undefined); // it is raced below; nobody handles a late abort
    const ordered = new OrderedSink(sink, error => stop.abort(error));
    const queue = items.entries();
    const lane = async () => {
      for (const [number, item] of queue) {
        either.throwIfAborted();
        const ahead = new WriteAhead(event => ordered.push(number, event));
        // Once the run has failed, nothing is accepted any more: this ends an item that waits for that.
        const emit = (event: ItemEvent) => Promise.race([ahead.emit(event), failed]);
        ordered.finish(number, await runItem(kind, item, { backend, kernels, files, signal: either, emit }));
        onItemDone(item.tensor, itemBytes(kind, item));
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
