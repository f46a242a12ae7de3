import { packedBytes } from '../../../../kernels/codes.ts';
import type { Region, Slice } from '../../../../kernels/memory.ts';
import type { ItemContext } from '../../scheduler/item.ts';
import { LoadedSpan } from '../../tensors/loadedSpan.ts';
import type { Span } from '../../tensors/tensorInput.ts';
import type { Reading } from '../codec.ts';
import { Payload } from '../payload.ts';
import type { CodeSlice, RecordReader } from '../reader.ts';
import { affineTable } from './affine.ts';

/** Packed codes on their way back to values. */
export class AffineReader implements RecordReader {
  readonly #bits: number;
  readonly #codes: Region;
  readonly #payload: Payload;
  #table: Float32Array | undefined;
  readonly #loaded = new LoadedSpan();

  constructor(private readonly reading: Reading<'affine'>) {
    const { memory, record, span } = reading;
    this.#bits = record.codec.bits;
    this.#codes = memory.alloc(packedBytes(span, this.#bits) + 4);
    this.#payload = new Payload(reading);
  }

  load(context: ItemContext, { first, count }: Span): Promise<void> {
    return this.#loaded.load(first, () => this.#read(context, first, count));
  }

  decode(
    { backend }: ItemContext,
    { first, count }: Span,
    reference: Slice | undefined,
    out: Region,
  ): Promise<void> {
    const bits = this.#bits;
    const [scale, zero] = this.reading.record.scales;
    const table = (this.#table ??= affineTable({ bits, scale, zero }));
    return backend.unpackDequantize(this.#codes, first, bits, table, reference, out, 0, count);
  }

  codes(first: number): CodeSlice {
    return { region: this.#codes, first, bits: this.#bits };
  }

  check(context: ItemContext): void {
    this.#payload.check(context);
  }

  #read(context: ItemContext, first: number, count: number): Promise<void> {
    return context.backend.write(this.#codes, 0, packedBytes(count, this.#bits), view =>
      this.#payload.read(context, view, packedBytes(first, this.#bits)),
    );
  }
}
