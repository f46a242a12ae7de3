import { Worker } from 'node:worker_threads';
import { workerUrl } from '../dist.ts';
import type { FromWorker, Rested, ToWorker, WorkerData } from './workerMessages.ts';

/** Where a thread's messages go during a run. */
export interface Handlers {
  message(message: FromWorker): void;
  error(error: Error): void;
}

/** A CPU thread with its own backend. It outlives a run: starting one and touching its memory takes a while. */
export class Thread {
  handlers: Handlers | undefined;
  #ended = false;
  #rested: (() => void) | undefined;
  readonly #worker: Worker;

  constructor(
    module: WebAssembly.Module,
    readonly arena: number,
  ) {
    const workerData: WorkerData = { module, arena };
    this.#worker = new Worker(workerUrl, { workerData });
    this.#worker.on('message', (message: FromWorker | Rested) => {
      if (message.type === 'rested') this.#rested?.();
      else this.handlers?.message(message);
    });
    this.#worker.on('error', error => this.handlers?.error(error));
    this.#worker.on('exit', () => {
      this.#ended = true;
      this.#rested?.();
    });
  }

  get ended(): boolean {
    return this.#ended;
  }

  send(message: ToWorker, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  /** Lets go of the files and buffers of the last run; from now on the thread does not keep the process alive. */
  async rest(): Promise<void> {
    const rested = new Promise<void>(resolve => (this.#rested = resolve));
    if (!this.#ended) {
      this.send({ type: 'rest' });
      await rested;
    }
    this.#rested = undefined;
    this.#worker.unref();
  }

  wake(): void {
    this.#worker.ref();
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }
}
