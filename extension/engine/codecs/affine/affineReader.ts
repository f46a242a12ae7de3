import { packedBytes } from '../../../../kernels/codes.ts';
import type { Region, Slice } from '../../../../kernels/memory.ts';
import type { Span } from '../../tensors/tensorInput.ts';
import type { Reading, RecordOf } from '../codec.ts';
import { Payload } from '../payload.ts';
import type { CodeSlice, RecordReader } from '../reader.ts';
import { affineTable } from './affine.ts';

/** Backend bytes. */
export const affineReaderBytes = ({ codec }: RecordOf<'affine'>, span: number): number =>
  packedBytes(span, codec.bits) + 4;

/** Packed codes on their way back to values. */
export class AffineReader implements RecordReader {
  readonly #bits: number;
  readonly #codes: Region;
  readonly #table: Float32Array;
  readonly #payload: Payload;
  #loaded: { readonly first: number; readonly done: Promise<void> } | undefined;

  constructor(private readonly reading: Reading<'affine'>) {
    const { memory, record, span } = reading;
    const [scale, zero] = record.scales;
    this.#bits = record.codec.bits;
    this.#codes = memory.alloc(affineReaderBytes(record, span));
    this.#table = affineTable({ bits: this.#bits, scale, zero });
    this.#payload = new Payload(reading);
  }

  load({ first, count }: Span): Promise<void> {
    if (this.#loaded?.first !== first) this.#loaded = { first, done: this.#read(first, count) };
    return this.#loaded.done;
  }

  decode({ first, count }: Span, reference: Slice | undefined, out: Region): Promise<void> {
    const { backend } = this.reading.context;
    return backend.unpackDequantize(this.#codes, first, this.#bits, this.#table, reference, out, 0, count);
  }

  codes(first: number): CodeSlice {
    return { region: this.#codes, first, bits: this.#bits };
  }

  check(): void {
    this.#payload.check();
  }

  #read(first: number, count: number): Promise<void> {
    const { backend } = this.reading.context;
    return backend.write(this.#codes, 0, packedBytes(count, this.#bits), view =>
      this.#payload.read(view, packedBytes(first, this.#bits)),
    );
  }
}
