import type { Backend } from '../../../kernels/backend.ts';
import { CHUNK } from '../../../kernels/backends/cpu/backend.ts';
import type { Kernels } from '../../../kernels/wasm.ts';
import type { RunOptions } from '../../protocol/recipes.ts';
import type { EngineBackend } from './engineBackend.ts';
import { cpuRoom, type MemoryShare, type Room } from './memoryShare.ts';
import { UserError } from '../../shared/errors.ts';
import { localRunner, type ItemRunner } from './itemRunner.ts';
import { ReplaySink } from './replaySink.ts';
import type { Item } from './item.ts';
import { mostMemory, placeItems, type ItemKind } from './itemKind.ts';
import { threadRunner } from './threads.ts';

/**
 * A GPU, until it fails: it is unplugged, its driver is restarted, its memory runs out. The current tensor is then done
 * again on the CPU, as is everything left, and every later pass; both give the same bytes.
 */
export class GpuBackend implements EngineBackend {
  readonly room: Room;
  /** What happened, in a sentence. */
  #lost: string | undefined;

  /** @param tell called at once when the GPU fails */
  constructor(
    private readonly gpu: Backend,
    private readonly kernels: Kernels,
    private readonly chosen: string,
    private readonly options: RunOptions,
    private readonly tell: (message: string) => void,
  ) {
    const share = { threads: gpu.scopes, arena: gpu.capacity };
    this.room = { chunk: gpu.chunk, memory: options.memory, share: () => share };
  }

  get kind(): 'cpu' | 'webgpu' {
    return this.#lost === undefined ? 'webgpu' : 'cpu';
  }

  get reason(): string {
    return this.#lost === undefined ? this.chosen : `CPU: ${this.#lost}`;
  }

  get warnings(): readonly string[] {
    return this.#lost === undefined ? [] : [this.#lost];
  }

  runner(_: MemoryShare): ItemRunner {
    return async (kind, items, sink, signal, onItemDone) => {
      if (items.length === 0) return;
      const sofar = new ReplaySink(sink);
      const done = new Set<string>();
      const onDone: typeof onItemDone = (tensor, bytes) => {
        if (!done.has(tensor)) onItemDone(tensor, bytes); // those done but not written are done again
        done.add(tensor);
      };
      if (this.#lost === undefined) {
        try {
          return await localRunner(this.gpu, this.kernels)(kind, items, sofar, signal, onDone);
        } catch (error) {
          if (error instanceof UserError || sofar.failed || signal.aborted) throw error;
          this.#lose(error, items[sofar.finishedItems]);
        }
      }
      const left = items.slice(sofar.finishedItems);
      const { placed, share } = this.#placeOnCpu(kind, left);
      await threadRunner(share)(kind, placed, sofar.rest(), signal, onDone);
    };
  }

  dispose(): void {
    this.gpu.dispose();
  }

  #lose(error: unknown, item: Item | undefined): void {
    const why = error instanceof Error ? error.message : String(error);
    const where = item ? `at tensor "${item.tensor}"` : 'at the end';
    this.#lost = `the GPU failed ${where} (${why}); what was left was computed on the CPU, with the same result`;
    this.gpu.dispose(); // frees memory, in case it ran out
    this.tell(this.#lost);
  }

  /** Items that were planned for the GPU's memory, placed into that of CPU threads. */
  #placeOnCpu<J extends Item>(kind: ItemKind<J>, items: readonly J[]): { placed: J[]; share: MemoryShare } {
    const streamed = items.map(item => (item.resident === undefined ? item : { ...item, resident: false }));
    const share = cpuRoom(CHUNK, this.options).share(mostMemory(kind, streamed, CHUNK));
    return { placed: placeItems(kind, streamed, share, CHUNK), share };
  }
}
