import { packedBytes } from '../../../../kernels/codes.ts';
import type { Region, Slice } from '../../../../kernels/memory.ts';
import { elementCount } from '../../../formats/dtype.ts';
import { codebookParts, ROTATION, scaleBytes, stageGroupSize } from '../../../formats/tvq/codebookPayload.ts';
import type { ItemContext } from '../../scheduler/item.ts';
import { LoadedSpan } from '../../tensors/loadedSpan.ts';
import type { Span } from '../../tensors/tensorInput.ts';
import type { Reading } from '../codec.ts';
import { Payload, wholeBlocks } from '../payload.ts';
import type { CodeSlice, RecordReader } from '../reader.ts';
import { scaleTable, UNIT_BYTE } from './groupScale.ts';

/** A tensor coded with a codebook on its way back to values. */
export class CodebookReader implements RecordReader {
  readonly #codes: Region;
  readonly #scales: Region;
  readonly #payload: Payload;
  readonly #parts: ReturnType<typeof codebookParts>;
  /** The scales of all groups that were read, for the hash: they come last in the payload. */
  readonly #scalesRead: Uint8Array[] = [];
  #values: Float32Array | undefined;
  #scaleTable: Float32Array | undefined;
  readonly #loaded = new LoadedSpan();

  constructor(private readonly reading: Reading<'codebook'>) {
    const { memory, record, span } = reading;
    const { bits, groupSize } = record.codec;
    const longest = span + ROTATION; // a span is read to the end of its last rotated block
    this.#parts = codebookParts(record.codec, elementCount(record.shape));
    this.#codes = memory.alloc(packedBytes(longest, bits) + 4);
    this.#scales = memory.alloc(scaleBytes(stageGroupSize(groupSize), longest) + 4);
    this.#payload = new Payload(reading);
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
    const { bits, groupSize, rotated } = record.codec;
    const begin = this.#loaded.first + first;
    const whole = rotated ? wholeBlocks(record, begin, count, ROTATION) : count;
    const values = this.#values as Float32Array;
    const scales = (this.#scaleTable ??= scaleTable(record.scales[0]));
    const table = { bits, groupSize: stageGroupSize(groupSize), values, scales };
    await backend.dequantizeGroups(this.#codes, this.#scales, table, out, first, whole);
    if (rotated) await backend.rotate256(out, begin, whole);
    if (reference) await backend.accumulate(out, reference, false, count);
  }

  codes(first: number): CodeSlice {
    return { region: this.#codes, first, bits: this.reading.record.codec.bits };
  }

  check(context: ItemContext): void {
    let at = this.#parts.scales;
    for (const bytes of this.#scalesRead) {
      this.#payload.hash(context, bytes, at);
      at += bytes.length;
    }
    this.#payload.check(context);
  }

  async #read(context: ItemContext, { first, count }: Span): Promise<void> {
    const { backend } = context;
    const { record } = this.reading;
    const { bits, groupSize } = record.codec;
    const length = wholeBlocks(record, first, count, ROTATION);
    this.#values ??= await this.#readValues(context);
    await backend.write(this.#codes, 0, packedBytes(length, bits), view =>
      this.#payload.read(context, view, this.#parts.codes + packedBytes(first, bits)),
    );
    await backend.write(this.#scales, 0, scaleBytes(stageGroupSize(groupSize), length), async view => {
      if (groupSize === 0) return void view.fill(UNIT_BYTE);
      const begin = first / groupSize;
      await this.#payload.read(context, view, this.#parts.scales + begin);
      this.#keepScales(begin, view);
    });
  }

  /** Keeps the scales not seen yet. */
  #keepScales(begin: number, bytes: Uint8Array): void {
    const seen = this.#scalesRead.reduce((sum, { length }) => sum + length, 0);
    const fresh = seen - begin;
    if (fresh >= 0 && fresh < bytes.length) this.#scalesRead.push(bytes.slice(fresh));
  }

  async #readValues(context: ItemContext): Promise<Float32Array> {
    const bytes = new Uint8Array(this.#parts.codes);
    await this.#payload.read(context, bytes, 0);
    const view = new DataView(bytes.buffer);
    const values = Float32Array.from({ length: bytes.length / 4 }, (_, code) =>
      view.getFloat32(4 * code, true),
    );
    if (values.every(Number.isFinite)) return values;
    throw this.#payload.damaged('its codebook has NaN or infinity');
  }
}
