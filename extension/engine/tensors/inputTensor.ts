import type { Region, Slice } from '../../../kernels/memory.ts';
import type { Dtype } from '../../formats/dtype.ts';
import type { TensorSource } from '../../formats/tensorSource.ts';
import type { ItemMemory } from '../scheduler/itemKind.ts';
import type { ItemContext } from '../scheduler/item.ts';
import { nonFinite, tooFar, type Tolerance } from '../merge/tensor/finite.ts';
import { floatsIn } from './floats.ts';
import { inputBytes, loadAll, TensorInput, type Span } from './tensorInput.ts';
import { payloadSource } from '../codecs/payload.ts';
import type { RecordReader } from '../codecs/reader.ts';
import { recordReader } from '../codecs/recordReader.ts';
import { SHARED_VECTOR } from '../../formats/tvq/layout.ts';
import { isAdded, needsBase } from '../../formats/tvq/codecNature.ts';
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

export const shapeOf = (input: InputTensor): readonly number[] =>
  input.kind === 'checkpoint' ? input.source.shape : input.record.shape;
export const dtypeOf = (input: InputTensor): Dtype =>
  input.kind === 'checkpoint' ? input.source.dtype : input.record.dtype;

/** What a merge computes with: task vectors, or the models' own weights. */
export type Wanted = 'vectors' | 'models';

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
    memory: ItemMemory,
    private readonly input: InputTensor,
    private readonly reading: Reading,
    private readonly base: TensorInput | undefined,
    private readonly scratch: Region,
    span: number,
  ) {
    if (input.kind === 'checkpoint') {
      const region = memory.alloc(inputBytes(input.source, span));
      this.#checkpoint = new TensorInput(input.source, region, reading.hashed);
      return;
    }
    const { file, task, record, shared } = input;
    this.#record = recordReader({ memory, file, record: asStored(record), vector: task, span });
    this.#shared = shared && recordReader({ memory, file, record: shared, vector: SHARED_VECTOR, span });
  }

  async load(context: ItemContext, span: Span): Promise<void> {
    await loadAll(context, span, [this.#checkpoint, this.#record, this.#shared]);
  }

  /**
   * Writes the values of a chunk of the loaded span to the start of `out`, as task vector or whole weights.
   * @throws UserError when some are NaN or infinite; quantized ones never are
   */
  async values(context: ItemContext, wanted: Wanted, chunk: Span, out: Region): Promise<void> {
    const { first, count } = chunk;
    const base = this.base?.slice(first);
    const reference = wanted === 'vectors' ? base : undefined;
    if (this.#checkpoint) return this.#weights(context, this.#checkpoint.slice(first), reference, out, count);
    const scratch = floatsIn(this.scratch);
    if (this.#isWhole) {
      await this.#record?.decode(context, chunk, this.#isRelative ? base : undefined, this.scratch);
      return this.#weights(context, scratch, reference, out, count);
    }
    // A task vector is added to its reference: the shared vector, the base, or both.
    if (this.#shared) {
      await this.#shared.decode(context, chunk, wanted === 'models' ? base : undefined, this.scratch);
      await this.#record?.decode(context, chunk, scratch, out);
    } else {
      await this.#record?.decode(context, chunk, wanted === 'models' ? base : undefined, out);
    }
  }

  /** Whole weights, less the reference's. */
  async #weights(
    { backend }: ItemContext,
    tuned: Slice,
    reference: Slice | undefined,
    out: Region,
    count: number,
  ): Promise<void> {
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
  check(context: ItemContext): void {
    this.#record?.check(context);
    this.#shared?.check(context);
  }

  /** XXH64 of a checkpoint's tensor, after all spans were loaded. */
  checksum(context: ItemContext): string | undefined {
    return this.#checkpoint?.checksum(context);
  }

  /** Whether a record gives whole weights rather than a task vector. */
  get #isWhole(): boolean {
    const { input } = this;
    return input.kind === 'tvq' && (input.whole || !isAdded(asStored(input.record).codec));
  }

  /** Whether it takes the base to have values at all. */
  get #isRelative(): boolean {
    return this.input.kind === 'tvq' && needsBase(this.input.record.codec);
  }
}
