import type { Region, Slice } from '../../../../kernels/memory.ts';
import { STREAM } from '../../../../kernels/codes.ts';
import type { PayloadHead } from '../../../../kernels/codes.ts';
import { mostHeadBytes, parsePayloadHead } from '../../../../kernels/payload.ts';
import { elementCount } from '../../../formats/dtype.ts';
import { LATTICE_ROTATION, latticeTable } from './lattice.ts';
import { chunksOf, type Span } from '../../tensors/tensorInput.ts';
import type { Reading, RecordOf } from '../codec.ts';
import { Payload, wholeBlocks } from '../payload.ts';
import type { CodeSlice, RecordReader } from '../reader.ts';

const streamsOf = (elements: number): number => Math.ceil(elements / STREAM);

/** Streams that `span` elements may lie in when they do not begin with one. */
const spanStreams = (record: RecordOf<'entropy'>, span: number): number =>
  Math.min(streamsOf(elementCount(record.shape)), streamsOf(span) + 1);

/** Backend bytes: the payload at its longest, and its codes. */
export const entropyReaderBytes = (record: RecordOf<'entropy'>, span: number): number =>
  (record.payload?.bytes ?? 0) + 4 + spanStreams(record, span) * STREAM + 8;

/** An entropy-coded tensor on its way back to values streams are read, decoded, looked up and rotated. */
export class EntropyReader implements RecordReader {
  /** The payload in backend memory, as far as a span needs it, and its codes. */
  readonly #bytes: Region;
  readonly #codes: Region;
  readonly #payload: Payload;
  readonly #table: Float32Array;
  #head: PayloadHead | undefined;
  #loaded: { readonly span: Span; readonly done: Promise<void> } | undefined;

  constructor(private readonly reading: Reading<'entropy'>) {
    const { memory, record, span } = reading;
    this.#payload = new Payload(reading);
    this.#bytes = memory.alloc(this.#payload.bytes + 4);
    this.#codes = memory.alloc(spanStreams(record, span) * STREAM + 4);
    this.#table = latticeTable(record.scales[0]);
  }

  load(span: Span): Promise<void> {
    if (this.#loaded?.span.first !== span.first) this.#loaded = { span, done: this.#read(span) };
    return this.#loaded.done;
  }

  async decode({ first, count }: Span, reference: Slice | undefined, out: Region): Promise<void> {
    const { context, record } = this.reading;
    const { backend } = context;
    const { region, first: inStream, bits } = this.codes(first);
    const begin = this.#begin + first;
    const whole = wholeBlocks(record, begin, count, LATTICE_ROTATION);
    await backend.unpackDequantize(region, inStream, bits, this.#table, undefined, out, 0, whole);
    await backend.rotate4(out, begin, whole);
    if (reference) await backend.accumulate(out, reference, false, count);
  }

  codes(first: number): CodeSlice {
    return { region: this.#codes, first: (this.#begin % STREAM) + first, bits: 8 };
  }

  get #begin(): number {
    return (this.#loaded as { span: Span }).span.first;
  }

  check(): void {
    this.#payload.check();
  }

  async #read({ first, count }: Span): Promise<void> {
    const { context, record } = this.reading;
    const { backend } = context;
    const elements = elementCount(record.shape);
    const { frequencies, offsets } = (this.#head ??= await this.#readHead(elements));
    const [firstStream, endStream] = [Math.floor(first / STREAM), streamsOf(first + count)];
    // The zeros after the last stream count towards the payload's checksum.
    const from = 2 * (offsets[firstStream] as number);
    const to = endStream === streamsOf(elements) ? this.#payload.bytes : 2 * (offsets[endStream] as number);
    await backend.write(this.#bytes, 0, to - from, view => this.#payload.read(view, from));
    const head = {
      frequencies,
      offsets: offsets.slice(firstStream, endStream + 1).map(offset => offset - from / 2),
    };
    const end = Math.min(elements, endStream * STREAM) - firstStream * STREAM;
    for (const part of chunksOf({ first: 0, count: end }, backend.chunk)) {
      await backend.ransDecode(this.#bytes, head, this.#codes, part.first / STREAM, part.count, part.first);
    }
  }

  async #readHead(elements: number): Promise<PayloadHead> {
    const bytes = new Uint8Array(Math.min(this.#payload.bytes, mostHeadBytes(elements)));
    await this.#payload.read(bytes, 0);
    try {
      return parsePayloadHead(bytes, elements, this.#payload.bytes);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw this.#payload.damaged(error.message);
    }
  }
}
