import type { Region, Scope, Slice } from '../../../kernels/memory.ts';
import type { TensorSource } from '../../formats/tensorSource.ts';
import type { QuantizableDtype } from '../../formats/dtype.ts';
import type { JobContext } from '../scheduler/job.ts';
import { nonFinite, tooFar, type Tolerance } from '../merge/tensor/finite.ts';
import { inputBytes, TensorInput, type Span } from './tensorInput.ts';
import { payloadSource } from '../codecs/payload.ts';
import type { RecordReader } from '../codecs/reader.ts';
import { recordReader, recordReaderBytes } from '../codecs/recordReader.ts';
import { SHARED_VECTOR } from '../../formats/tvq/layout.ts';
import type { TvqRecord } from '../../formats/tvq/reader.ts';

/** One input's tensor: of a checkpoint, or of a task in a .tvq file. */
export type InputTensor = { readonly kind: 'checkpoint'; readonly source: TensorSource } | StoredTensor;

/** A tensor of a task in a .tvq file. */
export interface StoredTensor {
  readonly kind: 'tvq';
  readonly file: string;
  readonly task: string;
  readonly record: TvqRecord;
  /** The shared base vector's record, where it has codes. */
  readonly shared: TvqRecord | undefined;
  /** Whether the records are whole weights (fq) rather than task vectors. */
  readonly whole: boolean;
}

/** What a merge computes with: task vectors, or the models' own weights. */
export type Wanted = 'vectors' | 'models';

/** Backend bytes of an input's readers. */
export function inputTensorBytes(input: InputTensor, span: number): number {
  if (input.kind === 'checkpoint') return inputBytes(input.source.dtype as QuantizableDtype, span);
  return recordReaderBytes(asStored(input.record), span) + recordReaderBytes(input.shared, span);
}

/** What of files an input is read from. */
export const inputSources = (input: InputTensor): readonly ({ readonly bytes: number } | undefined)[] =>
  input.kind === 'checkpoint' ? [input.source] : [input.record.payload, input.shared?.payload];

/** Where a tensor's exact bytes are: in a checkpoint, or in a .tvq file. */
export function exactSource(input: InputTensor): TensorSource | undefined {
  if (input.kind === 'checkpoint') return input.source;
  const { file, task, record } = input;
  if (record.codec.codec !== 'exact') return undefined;
  return { ...payloadSource(file, record), stored: { vector: task, checksum: record.checksum } };
}

/** A tensor that equals the base's is a task vector of zeros. */
const asStored = (record: TvqRecord): TvqRecord =>
  record.codec.codec === 'same' ? { ...record, codec: { codec: 'constant' }, scales: [0, 0] } : record;

/** What a reader is used for. */
export interface Reading {
  /** Whether the checksum will be needed. */
  readonly hashed: boolean;
  /** undefined: NaN and infinity are always refused. */
  readonly tolerance: Tolerance | undefined;
}

/** Decodes an input's values, window by window. */
export class InputReader {
  readonly #checkpoint: TensorInput | undefined;
  readonly #record: RecordReader | undefined;
  readonly #shared: RecordReader | undefined;

  constructor(
    private readonly context: JobContext,
    memory: Scope,
    private readonly input: InputTensor,
    private readonly reading: Reading,
    private readonly base: TensorInput | undefined,
    private readonly scratch: Region,
    span: number,
  ) {
    if (input.kind === 'checkpoint') {
      const region = memory.alloc(inputTensorBytes(input, span));
      this.#checkpoint = new TensorInput(context, input.source, region, reading.hashed);
      return;
    }
    const { file, task, record, shared } = input;
    const stored = { context, memory, file, span };
    this.#record = recordReader({ ...stored, record: asStored(record), vector: task });
    this.#shared = shared && recordReader({ ...stored, record: shared, vector: SHARED_VECTOR });
  }

  async load(span: Span): Promise<void> {
    await Promise.all([this.#checkpoint?.load(span), this.#record?.load(span), this.#shared?.load(span)]);
  }

  /**
   * Writes the values from `first` of the loaded span to the start of `out`, as task vector or whole weights.
   * @throws UserError when some are NaN or infinite; quantized ones never are
   */
  async values(wanted: Wanted, first: number, count: number, out: Region): Promise<void> {
    const base = this.base?.slice(first);
    const reference = wanted === 'vectors' ? base : undefined;
    if (this.#checkpoint) return this.#weights(this.#checkpoint.slice(first), reference, out, count);
    const scratch: Slice = { region: this.scratch, type: 'F32', first: 0 };
    const chunk = { first, count };
    if (this.#isWhole) {
      await this.#record?.decode(chunk, undefined, this.scratch);
      return this.#weights(scratch, reference, out, count);
    }
    // A task vector is added to its reference: the shared vector, the base, or both.
    if (this.#shared) {
      await this.#shared.decode(chunk, wanted === 'models' ? base : undefined, this.scratch);
      await this.#record?.decode(chunk, scratch, out);
    } else {
      await this.#record?.decode(chunk, wanted === 'models' ? base : undefined, out);
    }
  }

  /** Whole weights, less the reference's. */
  async #weights(tuned: Slice, reference: Slice | undefined, out: Region, count: number): Promise<void> {
    const { backend } = this.context;
    const { input } = this;
    const { tolerance } = this.reading;
    const { finite } = await backend.deltaMinmax(tuned, reference, out, count);
    if (finite || tolerance?.taken) return;
    const isFinite = async (values: Slice) =>
      (await backend.deltaMinmax(values, undefined, undefined, count)).finite;
    if (this.base && reference && !(await isFinite(reference))) throw nonFinite(this.base.source, tolerance);
    const place =
      input.kind === 'tvq' ? { file: input.file, name: input.record.tensor, task: input.task } : input.source;
    throw reference && (await isFinite(tuned)) ? tooFar(place, tolerance) : nonFinite(place, tolerance);
  }

  /** After all spans were loaded. @throws UserError when what was read of a .tvq file is damaged */
  check(): void {
    this.#record?.check();
    this.#shared?.check();
  }

  /** XXH64 of a checkpoint's tensor, after all spans were loaded. */
  get checksum(): string | undefined {
    return this.#checkpoint?.checksum;
  }

  get #isWhole(): boolean {
    return this.input.kind === 'tvq' && (this.input.whole || this.input.record.codec.codec === 'exact');
  }
}
