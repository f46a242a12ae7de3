import type { Region, Slice } from '../../../../kernels/memory.ts';
import type { ItemContext } from '../../scheduler/item.ts';
import { readFloats } from '../../tensors/floats.ts';
import { LoadedSpan } from '../../tensors/loadedSpan.ts';
import type { Span } from '../../tensors/tensorInput.ts';
import type { Reading } from '../codec.ts';
import { Payload } from '../payload.ts';
import type { CodeSlice, RecordReader } from '../reader.ts';
import { valueOf } from './ratio.ts';

/** Ratios on their way back to values: there are none without a reference. */
export class RatioReader implements RecordReader {
  readonly #codes: Region;
  readonly #payload: Payload;
  readonly #loaded = new LoadedSpan();

  constructor({ memory, span, ...reading }: Reading<'ratio'>) {
    this.#codes = memory.alloc(span + 4);
    this.#payload = new Payload(reading);
  }

  load(context: ItemContext, { first, count }: Span): Promise<void> {
    return this.#loaded.load(first, () =>
      context.backend.write(this.#codes, 0, count, view => this.#payload.read(context, view, first)),
    );
  }

  /** Multiplied here, not by a stage: statistics are few. */
  async decode(
    { backend }: ItemContext,
    { first, count }: Span,
    reference: Slice | undefined,
    out: Region,
  ): Promise<void> {
    if (!reference) throw new Error('a ratio without what it is relative to');
    await backend.deltaMinmax(reference, undefined, out, count);
    const floats = await readFloats(backend, out, count);
    const codes = await backend.read(this.#codes, first, count);
    const values = floats.map((base, i) => valueOf(base, codes[i] as number));
    await backend.write(out, 0, 4 * count, async view => view.set(new Uint8Array(values.buffer)));
  }

  codes(first: number): CodeSlice {
    return { region: this.#codes, first, bits: 8 };
  }

  check(context: ItemContext): void {
    this.#payload.check(context);
  }
}
