import type { Region, Slice } from '../../../../kernels/memory.ts';
import { sidesOf, type Delta } from '../../../formats/lora/deltaSource.ts';
import type { RangeSource } from '../../../formats/tensorSource.ts';
import { parseFactors } from '../../../formats/tvq/factorsPayload.ts';
import type { ItemContext } from '../../scheduler/item.ts';
import { floatsIn } from '../../tensors/floats.ts';
import { addDeltas, fillByRows, rowsMemory } from '../../tensors/lora/deltas.ts';
import type { SourceContext } from '../../tensors/sourceKind.ts';
import { atMost } from '../../tensors/sourceKinds.ts';
import { LoadedSpan } from '../../tensors/loadedSpan.ts';
import type { Span } from '../../tensors/tensorInput.ts';
import type { Reading } from '../codec.ts';
import { Payload } from '../payload.ts';
import type { RecordReader } from '../reader.ts';

/** What reading factors gives: how they are combined, and how to read them. */
interface Factors {
  readonly deltas: readonly Delta[];
  readonly context: SourceContext;
}

/** Factors on their way to the values that they stand for: they are read once, and kept. */
export class FactorsReader implements RecordReader {
  readonly #values: Region;
  readonly #payload: Payload;
  #factors: Promise<Factors> | undefined;
  readonly #loaded = new LoadedSpan();

  constructor(private readonly reading: Reading<'factors'>) {
    const { memory, record, span } = reading;
    this.#payload = new Payload(reading);
    this.#values = memory.alloc(4 * span);
    const [, cols] = sidesOf(record);
    memory.plain(this.#payload.bytes + atMost(rowsMemory(cols), record.shape));
  }

  load(context: ItemContext, span: Span): Promise<void> {
    return this.#loaded.load(span.first, () => this.#compute(context, span));
  }

  async decode(
    { backend }: ItemContext,
    { first, count }: Span,
    reference: Slice | undefined,
    out: Region,
  ): Promise<void> {
    const { finite } = await backend.deltaMinmax({ ...floatsIn(this.#values), first }, undefined, out, count);
    if (!finite) throw this.#payload.damaged('its factors give NaN or infinity');
    if (reference) await backend.accumulate(out, reference, false, count);
  }

  codes(): undefined {
    return undefined;
  }

  check(context: ItemContext): void {
    this.#payload.check(context);
  }

  async #compute(context: ItemContext, { first, count }: Span): Promise<void> {
    const factors = await (this.#factors ??= this.#read(context));
    const [, cols] = sidesOf(this.reading.record);
    await context.backend.write(this.#values, 0, 4 * count, view =>
      fillByRows(context.signal, cols, first, view, async (row, rows) => {
        const values = new Float32Array(rows * cols);
        await addDeltas(factors.context, factors.deltas, values, { row, rows, cols });
        return values;
      }),
    );
  }

  async #read(context: ItemContext): Promise<Factors> {
    const { file, record } = this.reading;
    const bytes = new Uint8Array(this.#payload.bytes);
    await this.#payload.read(context, bytes, 0);
    const read: SourceContext['read'] = async (source, view, begin) => {
      const at = (source as RangeSource).offset + begin;
      view.set(bytes.subarray(at, at + view.length));
    };
    try {
      const { files, kernels, signal } = context;
      return { deltas: parseFactors(bytes, file, record.shape), context: { files, kernels, signal, read } };
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw this.#payload.damaged(error.message);
    }
  }
}
