import type { Region, Scope, Slice } from '../../../../kernels/memory.ts';
import { STREAM, type PayloadHead } from '../../../../kernels/codes.ts';
import { Xxh64 } from '../../../../kernels/checksum.ts';
import { mostHeadBytes, parsePayloadHead } from '../../../../kernels/payload.ts';
import { elementCount } from '../../../formats/dtype.ts';
import type { TensorEntry } from '../../../formats/safetensors/safetensors.ts';
import { UserError } from '../../../shared/errors.ts';
import type { JobContext } from '../../scheduler/job.ts';
import { LATTICE_ROTATION, latticeTable } from './lattice.ts';
import { chunksOf, type Span } from '../../tensors/tensorInput.ts';
import type { TvqRecord } from '../../../formats/tvq/reader.ts';
import { checkPayload, wholeBlocks } from '../payload.ts';
import type { CodeSlice } from '../reader.ts';

const streamsOf = (elements: number): number => Math.ceil(elements / STREAM);

/** Streams that `span` elements may lie in when they do not begin with one. */
const spanStreams = (record: TvqRecord, span: number): number =>
  Math.min(streamsOf(elementCount(record.shape)), streamsOf(span) + 1);

/** Backend bytes: the payload at its longest, and its codes. */
export const entropyReaderBytes = (record: TvqRecord, span: number): number =>
  (record.payload?.bytes ?? 0) + 4 + spanStreams(record, span) * STREAM + 8;

/** An entropy-coded tensor on its way back to values (a RecordReader): streams are read, decoded, looked up and rotated. */
export class EntropyReader {
  readonly #payload: Region;
  readonly #codes: Region;
  readonly #hash: Xxh64;
  readonly #table: Float32Array;
  readonly #entry: TensorEntry;
  #head: PayloadHead | undefined;
  #loaded: { readonly span: Span; readonly done: Promise<void> } | undefined;
  /** Bytes of the payload that were hashed. */
  #hashed = 0;

  constructor(
    private readonly context: JobContext,
    memory: Scope,
    private readonly file: string,
    private readonly record: TvqRecord,
    private readonly vector: string,
    span: number,
  ) {
    this.#entry = record.payload as TensorEntry;
    this.#payload = memory.alloc(this.#entry.bytes + 4);
    this.#codes = memory.alloc(spanStreams(record, span) * STREAM + 4);
    this.#hash = new Xxh64(context.kernels);
    this.#table = latticeTable(record.scales[0]);
  }

  load(span: Span): Promise<void> {
    if (this.#loaded?.span.first !== span.first) this.#loaded = { span, done: this.#read(span) };
    return this.#loaded.done;
  }

  async decode({ first, count }: Span, reference: Slice | undefined, out: Region): Promise<void> {
    const { backend } = this.context;
    const { region, first: inStream, bits } = this.codes(first);
    const begin = this.#begin + first;
    const whole = wholeBlocks(this.record, begin, count, LATTICE_ROTATION);
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
    checkPayload(this.file, this.record, this.vector, this.#hash.digest());
  }

  async #read({ first, count }: Span): Promise<void> {
    const { backend } = this.context;
    const elements = elementCount(this.record.shape);
    const { frequencies, offsets } = (this.#head ??= await this.#readHead(elements));
    const [firstStream, endStream] = [Math.floor(first / STREAM), streamsOf(first + count)];
    // The zeros behind the last stream belong to the payload's checksum.
    const from = 2 * (offsets[firstStream] as number);
    const to = endStream === streamsOf(elements) ? this.#entry.bytes : 2 * (offsets[endStream] as number);
    await backend.write(this.#payload, 0, to - from, view => this.#readBytes(view, from));
    const head = {
      frequencies,
      offsets: offsets.slice(firstStream, endStream + 1).map(offset => offset - from / 2),
    };
    const end = Math.min(elements, endStream * STREAM) - firstStream * STREAM;
    for (const part of chunksOf({ first: 0, count: end }, backend.chunk)) {
      await backend.ransDecode(this.#payload, head, this.#codes, part.first / STREAM, part.count, part.first);
    }
  }

  async #readHead(elements: number): Promise<PayloadHead> {
    const bytes = new Uint8Array(Math.min(this.#entry.bytes, mostHeadBytes(elements)));
    await this.context.files.read(this.file, bytes, this.#entry.offset);
    try {
      const head = parsePayloadHead(bytes, elements, this.#entry.bytes);
      this.#hash.update(bytes.subarray(0, 2 * (head.offsets[0] as number)));
      this.#hashed = 2 * (head.offsets[0] as number);
      return head;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new UserError(
        `${this.file}: tensor "${this.record.tensor}" of "${this.vector}" is damaged (${error.message}); get the file again`,
      );
    }
  }

  async #readBytes(view: Uint8Array, from: number): Promise<void> {
    await this.context.files.read(this.file, view, this.#entry.offset + from);
    const fresh = this.#hashed - from;
    if (fresh < 0 || fresh >= view.length) return;
    this.#hash.update(view.subarray(fresh));
    this.#hashed = from + view.length;
  }
}
