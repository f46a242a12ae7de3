import type { Region, Scope, Slice } from '../../../../kernels/memory.ts';
import { packedBytes } from '../../../../kernels/codes.ts';
import { Xxh64 } from '../../../../kernels/checksum.ts';
import { elementCount } from '../../../formats/dtype.ts';
import type { TensorEntry } from '../../../formats/safetensors/safetensors.ts';
import { UserError } from '../../../shared/errors.ts';
import type { JobContext } from '../../scheduler/job.ts';
import { scaleTable, UNIT_BYTE } from './groupScale.ts';
import type { Span } from '../../tensors/tensorInput.ts';
import { codebookParts, ROTATION, scaleBytes, stageGroupSize } from '../../../formats/tvq/codebookPayload.ts';
import type { Codec } from '../../../formats/tvq/layout.ts';
import type { TvqRecord } from '../../../formats/tvq/reader.ts';
import { checkPayload, wholeBlocks } from '../payload.ts';
import type { CodeSlice } from '../reader.ts';

type CodebookCodec = Extract<Codec, { codec: 'codebook' }>;

const codecOf = ({ codec }: TvqRecord): CodebookCodec => codec as CodebookCodec;

/** Scales of a span, a byte a group. */
const spanScales = (record: TvqRecord, span: number): number =>
  scaleBytes(stageGroupSize(codecOf(record).groupSize), span);

/** Backend bytes: codes and scales of a span, which is read to the end of its last rotated block. */
export const codebookReaderBytes = (record: TvqRecord, span: number): number =>
  packedBytes(span + ROTATION, codecOf(record).bits) + spanScales(record, span + ROTATION) + 8;

/** A tensor coded with a codebook on its way back to values (a RecordReader). */
export class CodebookReader {
  readonly #codes: Region;
  readonly #scales: Region;
  readonly #scaleTable: Float32Array;
  readonly #entry: TensorEntry;
  readonly #parts: ReturnType<typeof codebookParts>;
  readonly #hash: Xxh64;
  /** Codes that were hashed, in bytes. */
  #hashed = 0;
  /** The scales of all groups that were read, for the hash: they come last in the payload. */
  readonly #scalesRead: Uint8Array[] = [];
  #values: Float32Array | undefined;
  #loaded: { readonly span: Span; readonly done: Promise<void> } | undefined;

  constructor(
    private readonly context: JobContext,
    memory: Scope,
    private readonly file: string,
    private readonly record: TvqRecord,
    private readonly vector: string,
    span: number,
  ) {
    const codec = codecOf(record);
    this.#entry = record.payload as TensorEntry;
    this.#parts = codebookParts(codec, elementCount(record.shape));
    this.#codes = memory.alloc(packedBytes(span + ROTATION, codec.bits) + 4);
    this.#scales = memory.alloc(spanScales(record, span + ROTATION) + 4);
    this.#scaleTable = scaleTable(record.scales[0]);
    this.#hash = new Xxh64(context.kernels);
  }

  load(span: Span): Promise<void> {
    if (this.#loaded?.span.first !== span.first) this.#loaded = { span, done: this.#read(span) };
    return this.#loaded.done;
  }

  async decode({ first, count }: Span, reference: Slice | undefined, out: Region): Promise<void> {
    const { backend } = this.context;
    const { bits, groupSize, rotated } = codecOf(this.record);
    const begin = (this.#loaded as { span: Span }).span.first + first;
    const whole = rotated ? wholeBlocks(this.record, begin, count, ROTATION) : count;
    const values = this.#values as Float32Array;
    const table = { bits, groupSize: stageGroupSize(groupSize), values, scales: this.#scaleTable };
    await backend.dequantizeGroups(this.#codes, this.#scales, table, out, first, whole);
    if (rotated) await backend.rotate256(out, begin, whole);
    if (reference) await backend.accumulate(out, reference, false, count);
  }

  codes(first: number): CodeSlice {
    return { region: this.#codes, first, bits: codecOf(this.record).bits };
  }

  check(): void {
    for (const bytes of this.#scalesRead) this.#hash.update(bytes);
    checkPayload(this.file, this.record, this.vector, this.#hash.digest());
  }

  async #read({ first, count }: Span): Promise<void> {
    const { backend, files } = this.context;
    const { bits, groupSize } = codecOf(this.record);
    const length = wholeBlocks(this.record, first, count, ROTATION);
    this.#values ??= await this.#readValues();
    await backend.write(this.#codes, 0, packedBytes(length, bits), async view => {
      const begin = packedBytes(first, bits);
      await files.read(this.file, view, this.#entry.offset + this.#parts.codes + begin);
      const fresh = this.#hashed - begin;
      if (fresh < 0 || fresh >= view.length) return;
      this.#hash.update(view.subarray(fresh));
      this.#hashed = begin + view.length;
    });
    await backend.write(this.#scales, 0, scaleBytes(stageGroupSize(groupSize), length), async view => {
      if (groupSize === 0) return void view.fill(UNIT_BYTE);
      const begin = first / groupSize;
      await files.read(this.file, view, this.#entry.offset + this.#parts.scales + begin);
      this.#keepScales(begin, view);
    });
  }

  /** Keeps what was not yet seen. */
  #keepScales(begin: number, bytes: Uint8Array): void {
    const seen = this.#scalesRead.reduce((sum, { length }) => sum + length, 0);
    const fresh = seen - begin;
    if (fresh >= 0 && fresh < bytes.length) this.#scalesRead.push(bytes.slice(fresh));
  }

  async #readValues(): Promise<Float32Array> {
    const bytes = new Uint8Array(this.#parts.codes);
    await this.context.files.read(this.file, bytes, this.#entry.offset);
    this.#hash.update(bytes);
    const view = new DataView(bytes.buffer);
    const values = Float32Array.from({ length: bytes.length / 4 }, (_, code) =>
      view.getFloat32(4 * code, true),
    );
    if (values.every(Number.isFinite)) return values;
    throw new UserError(
      `${this.file}: tensor "${this.record.tensor}" of "${this.vector}" is damaged (its codebook has NaN or infinity); get the file again`,
    );
  }
}
