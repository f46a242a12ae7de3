import type { ItemEvent, ItemReport } from './item.ts';

/** Takes what items emit, one event after another, items in order. */
export interface Sink<R extends ItemReport = ItemReport> {
  accept(item: number, event: ItemEvent): Promise<void>;
  finished(item: number, report: R): void | Promise<void>;
}

/** For items that only measure: what they emit is discarded. */
export const reportsOnly = <R extends ItemReport>(finished: Sink<R>['finished']): Sink<R> => ({
  accept: async () => undefined,
  finished,
});

interface Waiting {
  readonly event: ItemEvent;
  readonly written: () => void;
}

/**
 * Puts the events of items that run side by side into the order of the items, so that a file's bytes do not depend on the
 * number of threads. Events of later items wait here; their emitters wait for `push` to resolve.
 */
export class OrderedSink<R extends ItemReport = ItemReport> {
  readonly #waiting = new Map<number, Waiting[]>();
  readonly #reports = new Map<number, R>();
  readonly #idle: (() => void)[] = [];
  #turn = 0;
  #pumping = false;
  #pumped: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(
    private readonly sink: Sink<R>,
    private readonly fail: (error: unknown) => void,
  ) {}

  /** Resolves when the event was taken; never when the run fails. */
  push(item: number, event: ItemEvent): Promise<void> {
    return new Promise(written => {
      const queue = this.#waiting.get(item) ?? [];
      this.#waiting.set(item, queue);
      queue.push({ event, written });
      this.#pump();
    });
  }

  finish(item: number, report: R): void {
    this.#reports.set(item, report);
    this.#pump();
  }

  /** Resolves when everything that was pushed and finished so far has been taken. */
  drained(): Promise<void> {
    return new Promise(resolve => {
      this.#idle.push(resolve);
      this.#pump();
    });
  }

  /** Accepts nothing more; resolves once the event in progress has been taken. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#pumped;
  }

  #pump(): void {
    if (this.#pumping || this.#stopped) return;
    this.#pumping = true;
    this.#pumped = this.#takeAll();
  }

  async #takeAll(): Promise<void> {
    try {
      for (let next = this.#next(); next; next = this.#next()) {
        await next();
        if (this.#stopped) return;
      }
      for (const resolve of this.#idle.splice(0)) resolve();
    } catch (error) {
      this.#stopped = true;
      this.fail(error);
    } finally {
      this.#pumping = false;
    }
  }

  /** Takes the next event in order; undefined if it has not arrived yet. */
  #next(): (() => Promise<void>) | undefined {
    const turn = this.#turn;
    const next = this.#waiting.get(turn)?.shift();
    if (next)
      return async () => {
        await this.sink.accept(turn, next.event);
        next.written();
      };
    const report = this.#reports.get(turn);
    if (!report) return undefined;
    this.#waiting.delete(turn);
    this.#reports.delete(turn);
    this.#turn++;
    return async () => this.sink.finished(turn, report);
  }
}

/** Bytes an item may have emitted that are not yet written: keeps a thread busy while the disk catches up. */
export const MAX_UNWRITTEN = 16 << 20;

/** Lets an item run ahead of the disk by MAX_UNWRITTEN bytes. */
export class WriteAhead {
  #unwritten = 0;
  #resume: (() => void) | undefined;

  /** @param push passes on an event and resolves when it was written */
  constructor(private readonly push: (event: ItemEvent) => Promise<void>) {}

  async emit(event: ItemEvent): Promise<void> {
    const bytes = event.type === 'bytes' ? event.bytes.length : 0;
    this.#unwritten += bytes;
    void this.push(event).then(() => {
      this.#unwritten -= bytes;
      this.#resume?.();
    });
    while (this.#unwritten > MAX_UNWRITTEN) await new Promise<void>(resolve => (this.#resume = resolve));
  }
}
