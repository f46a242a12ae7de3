import type { Region, Slice } from '../../../../kernels/memory.ts';
import { STREAM } from '../../../../kernels/codes.ts';
import type { PayloadHead } from '../../../../kernels/codes.ts';
import { mostHeadBytes, parsePayloadHead } from '../../../../kernels/payload.ts';
import { elementCount } from '../../../formats/dtype.ts';
import { LATTICE_ROTATION, latticeTable } from './lattice.ts';
import type { ItemContext } from '../../scheduler/item.ts';
import { LoadedSpan } from '../../tensors/loadedSpan.ts';
import { chunksOf, type Span } from '../../tensors/tensorInput.ts';
import type { Reading } from '../codec.ts';
import { Payload, wholeBlocks } from '../payload.ts';
import type { CodeSlice, RecordReader } from '../reader.ts';

const streamsOf = (elements: number): number => Math.ceil(elements / STREAM);

/** An entropy-coded tensor on its way back to values: streams are read, decoded, looked up and rotated. */
export class EntropyReader implements RecordReader {
  /** The payload in backend memory, as far as a span needs it, and its codes. */
  readonly #bytes: Region;
  readonly #codes: Region;
  readonly #payload: Payload;
  #table: Float32Array | undefined;
  #head: PayloadHead | undefined;
  readonly #loaded = new LoadedSpan();

  constructor(private readonly reading: Reading<'entropy'>) {
    const { memory, record, span } = reading;
    this.#payload = new Payload(reading);
    this.#bytes = memory.alloc(this.#payload.bytes + 4);
    // A span that does not begin with a stream lies in one more.
    const streams = Math.min(streamsOf(elementCount(record.shape)), streamsOf(span) + 1);
    this.#codes = memory.alloc(streams * STREAM + 4);
  }

  load(context: ItemContext, span: Span): Promise<void> {
    return this.#loaded.load(span.first, () => this.#read(context, span));
  }

  async decode(
    { backend }: ItemContext,
    { first, count }: Span,
    reference: Slice | undefined,
    out: Region,
  ): Promise<void> {
    const { record } = this.reading;
    const { region, first: inStream, bits } = this.codes(first);
    const begin = this.#begin + first;
    const whole = wholeBlocks(record, begin, count, LATTICE_ROTATION);
    const table = (this.#table ??= latticeTable(record.scales[0]));
    await backend.unpackDequantize(region, inStream, bits, table, undefined, out, 0, whole);
    await backend.rotate4(out, begin, whole);
    if (reference) await backend.accumulate(out, reference, false, count);
  }

  codes(first: number): CodeSlice {
    return { region: this.#codes, first: (this.#begin % STREAM) + first, bits: 8 };
  }

  get #begin(): number {
    return this.#loaded.first;
  }

  check(context: ItemContext): void {
    this.#payload.check(context);
  }

  async #read(context: ItemContext, { first, count }: Span): Promise<void> {
    const { backend } = context;
    const elements = elementCount(this.reading.record.shape);
    const { frequencies, offsets } = (this.#head ??= await this.#readHead(context, elements));
    const [firstStream, endStream] = [Math.floor(first / STREAM), streamsOf(first + count)];
    // The zeros after the last stream count towards the payload's checksum.
    const from = 2 * (offsets[firstStream] as number);
    const to = endStream === streamsOf(elements) ? this.#payload.bytes : 2 * (offsets[endStream] as number);
    await backend.write(this.#bytes, 0, to - from, view => this.#payload.read(context, view, from));
    const head = {
      frequencies,
      offsets: offsets.slice(firstStream, endStream + 1).map(offset => offset - from / 2),
    };
    const end = Math.min(elements, endStream * STREAM) - firstStream * STREAM;
    for (const part of chunksOf({ first: 0, count: end }, backend.chunk)) {
      await backend.ransDecode(this.#bytes, head, this.#codes, part.first / STREAM, part.count, part.first);
    }
  }

  async #readHead(context: ItemContext, elements: number): Promise<PayloadHead> {
    const bytes = new Uint8Array(Math.min(this.#payload.bytes, mostHeadBytes(elements)));
    await this.#payload.read(context, bytes, 0);
    try {
      return parsePayloadHead(bytes, elements, this.#payload.bytes);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw this.#payload.damaged(error.message);
    }
  }
}
