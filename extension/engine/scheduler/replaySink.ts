import type { ItemEvent, ItemReport } from './item.ts';
import type { Sink } from './orderedSink.ts';

/** A position in what an item emits: beginnings and ends so far, and bytes since the last of them. */
interface Place {
  readonly marks: number;
  readonly bytes: number;
}

const START: Place = { marks: 0, bytes: 0 };

/**
 * Remembers how far a run of items has come, so that another run can do the rest. An item that was interrupted starts
 * again there; what was already taken of it is skipped, as it is the same to the byte on every backend.
 */
export class ReplaySink<R extends ItemReport = ItemReport> implements Sink<R> {
  #place = START;
  #failed = false;

  /** Number of finished items, which are the first ones. */
  finishedItems = 0;

  constructor(private readonly sink: Sink<R>) {}

  /** Whether the output itself failed: doing it again would not help. */
  get failed(): boolean {
    return this.#failed;
  }

  async accept(item: number, event: ItemEvent): Promise<void> {
    await this.#handOn(() => this.sink.accept(item, event));
    this.#place = after(this.#place, event);
  }

  async finished(item: number, report: R): Promise<void> {
    await this.#handOn(async () => this.sink.finished(item, report));
    this.finishedItems = item + 1;
    this.#place = START;
  }

  /** For a run of the items that are not finished, counted from 0. */
  rest(): Sink<R> {
    const first = this.finishedItems;
    const taken = this.#place;
    let place = START;
    return {
      accept: async (item, event) => {
        if (item > 0) return this.sink.accept(first + item, event);
        const before = place;
        place = after(place, event);
        const left = unseen(before, place, event, taken);
        if (left) await this.sink.accept(first, left);
      },
      finished: (item, report) => this.sink.finished(first + item, report),
    };
  }

  async #handOn(take: () => Promise<void>): Promise<void> {
    try {
      await take();
    } catch (error) {
      this.#failed = true;
      throw error;
    }
  }
}

const after = ({ marks, bytes }: Place, event: ItemEvent): Place =>
  event.type === 'bytes' ? { marks, bytes: bytes + event.bytes.length } : { marks: marks + 1, bytes: 0 };

/** The part of an event that follows what was taken; undefined if there is none. */
function unseen(before: Place, place: Place, event: ItemEvent, taken: Place): ItemEvent | undefined {
  if (place.marks !== taken.marks) return place.marks > taken.marks ? event : undefined;
  if (event.type !== 'bytes' || place.bytes <= taken.bytes) return undefined;
  const seen = Math.max(0, taken.bytes - before.bytes);
  return seen === 0 ? event : { type: 'bytes', bytes: event.bytes.slice(seen) };
}
