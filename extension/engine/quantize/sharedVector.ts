import { packedBytes } from '../../../kernels/codes.ts';
import type { Extent } from '../../../kernels/stages/extent.ts';
import type { Region, Scope, Slice } from '../../../kernels/memory.ts';
import type { JobContext, RecordOutcome } from '../scheduler/job.ts';
import { affineTable } from '../codecs/affine/affine.ts';
import { codeBits, type Coding, type EntropyCoding, type Reconstruction } from '../codecs/coding.ts';
import { EntropyEncoder, type Found } from '../codecs/entropy/entropyEncoder.ts';
import { latticeTable } from '../codecs/entropy/lattice.ts';
import { chunksOf, spansOf, type Span, type TensorInput } from '../tensors/tensorInput.ts';
import {
  decide,
  emitCodes,
  extentOf,
  rangeOf,
  withoutPayload,
  type EncoderMemory,
  type Range,
  type Values,
} from '../codecs/vectorEncoder.ts';

/** What a backend may add to a region for alignment and slack. */
const REGION_ROUNDING = 512;

interface SharedTensor {
  readonly tensor: string;
  readonly count: number;
  readonly resident: boolean;
  /** Bits of the widest codes it may get. */
  readonly bits: number;
  readonly reconstruction: Reconstruction;
}

/** How codes become values again. */
interface Decoding {
  readonly bits: number;
  readonly table: Float32Array;
  readonly rotated: boolean;
}

/**
 * One tensor of RTVQ's shared base vector (Kim et al., ICCV 2025, with error correction): the mean of the fine-tuned
 * checkpoints minus the base model, quantized. Offsets are then taken from the reference base + dequantized shared
 * vector, so that they absorb its error.
 */
export class SharedVector {
  /** A region a chunk of one span: first the mean delta, then the reference. */
  readonly #chunks: Region[];
  /** Codes of the whole tensor where it is not resident: its reference is decoded again for every span. */
  readonly #codes: Region | undefined;
  #decoding: Decoding | undefined;
  #referenceOf: Span | undefined;
  /** Whether `#chunks` hold the mean delta of the whole tensor. */
  #holdsMean = false;
  /** Σ(tuned − base)² of each fine-tuned checkpoint, once they were summed up. */
  #energies: number[] | undefined;

  constructor(
    private readonly context: JobContext,
    private readonly scratch: EncoderMemory,
    memory: Scope,
    private readonly base: TensorInput,
    private readonly tuned: readonly TensorInput[],
    private readonly tensor: SharedTensor,
  ) {
    const { count, resident, bits } = tensor;
    const [span] = spansOf(count, resident) as [Span];
    this.#chunks = chunksOf(span, context.backend.chunk).map(chunk => memory.alloc(4 * chunk.count));
    this.#codes = resident ? undefined : memory.alloc(packedBytes(count, bits) + 4);
  }

  /** Backend bytes beside the inputs and the encoder's scratch. */
  static bytes(count: number, span: number, bits: number, chunk: number): number {
    const rounding = REGION_ROUNDING * Math.ceil(span / chunk);
    return 4 * span + rounding + (span < count ? packedBytes(count, bits) + 4 : 0);
  }

  /** First pass: range and energy of the mean delta, and the energies of the task vectors. */
  range(): Promise<Range> {
    return this.#firstPass(values => rangeOf(this.context, this.scratch, this.tensor, values));
  }

  /**
   * Quantizes and emits the tensor as output 0. A mean that cannot be quantized, or is constant, leaves the shared
   * vector empty here: the offsets are then plain task vectors.
   * @returns whether `load` and `slice` may be used
   */
  async encode(coding: Coding): Promise<{ outcome: RecordOutcome; usable: boolean }> {
    const { count, resident } = this.tensor;
    const extent = await this.#firstPass(values => extentOf(this.context, count, resident, values));
    const outcome = await (coding.codec === 'entropy'
      ? this.#encodeEntropy(coding, extent)
      : this.#encodeAffine(codeBits(coding), extent));
    const { codec, scales } = outcome;
    if (codec === 'entropy') this.#decodeWith(scales[0]);
    return { outcome, usable: codec !== 'constant' };
  }

  /** Quantizes the tensor on a lattice, to be the reference from now on; undefined where nothing of it would be left. */
  async quantize(coding: EntropyCoding): Promise<Found | undefined> {
    const encoder = this.#entropyEncoder(coding);
    const found = await encoder.measure();
    const { unit } = encoder.restored(found);
    if (unit === 0) return undefined;
    this.#decodeWith(unit);
    return found;
  }

  /** The mean delta by itself. */
  mean(): Values {
    return this.#meanValues();
  }

  /** Makes the reference of a span available. */
  async load(span: Span): Promise<void> {
    if (this.#referenceOf?.first === span.first) return;
    await this.base.load(span);
    const codes = this.#codes ?? this.scratch.codes;
    this.#holdsMean = false;
    for (const [i, chunk] of chunksOf(span, this.context.backend.chunk).entries()) {
      await this.#decode(codes, this.#codes ? span.first : 0, chunk, this.#chunks[i] as Region, span);
    }
    this.#referenceOf = span;
  }

  /** Squared norm of a whole task vector. */
  energyOf(task: number): number {
    return this.#energies?.[task] as number;
  }

  /** base + dequantized shared vector, from element `first` (a chunk's beginning) of the loaded span. */
  slice(first: number): Slice {
    return { region: this.#chunks[first / this.context.backend.chunk] as Region, type: 'F32', first: 0 };
  }

  /** The same operations in the same order as whoever restores it, so that the reference is the same to the bit. */
  async #decode(
    codes: Region,
    start: number,
    { first, count }: Span,
    out: Region,
    span: Span,
  ): Promise<void> {
    const { backend } = this.context;
    const { bits, table, rotated } = this.#decoding as Decoding;
    const base = this.base.slice(first);
    const added = rotated ? undefined : base;
    await backend.unpackDequantize(codes, start + first, bits, table, added, out, 0, count);
    if (!rotated) return;
    await backend.rotate4(out, span.first + first, count);
    await backend.accumulate(out, base, false, count);
  }

  async #encodeAffine(bits: number, extent: Extent): Promise<RecordOutcome> {
    const { count, resident } = this.tensor;
    const decision = decide(extent, bits);
    if (decision.kind !== 'affine') return withoutPayload('constant');
    const { affine } = decision;
    this.#decoding = { bits, table: affineTable(affine), rotated: false };
    const job = { count, resident, output: 0, affine };
    return emitCodes(this.context, this.#memory(), job, this.#codes !== undefined, this.#meanValues());
  }

  async #encodeEntropy(coding: EntropyCoding, { min, max, finite }: Extent): Promise<RecordOutcome> {
    if (!finite || min === max) return withoutPayload('constant');
    const encoder = this.#entropyEncoder(coding);
    return encoder.emit(await encoder.measure());
  }

  #entropyEncoder(coding: EntropyCoding): EntropyEncoder {
    const job = { ...this.tensor, whole: true, output: 0, coding };
    return new EntropyEncoder(this.context, this.#memory(), job, this.#meanValues());
  }

  #decodeWith(unit: number): void {
    this.#decoding = { bits: 8, table: latticeTable(unit), rotated: true };
    this.#referenceOf = undefined;
  }

  #memory(): EncoderMemory {
    return { ...this.scratch, codes: this.#codes ?? this.scratch.codes };
  }

  async #firstPass<T>(pass: (values: Values) => Promise<T>): Promise<T> {
    const energies = this.tuned.map(() => 0);
    const found = await pass(this.#meanValues(energies));
    this.#energies = energies;
    this.#holdsMean = this.tensor.resident;
    return found;
  }

  /** The mean delta; kept where the tensor is resident, computed for every pass otherwise.
   * @param energies where to sum up those of the task vectors */
  #meanValues(energies?: number[]): Values {
    const { backend } = this.context;
    const load = async (span: Span): Promise<void> => {
      await Promise.all([this.base, ...this.tuned].map(input => input.load(span)));
    };
    const chunk: Values['chunk'] = async ({ first, count }, out) => {
      const mean = this.slice(first);
      if (!this.#holdsMean) {
        const base = this.base.slice(first);
        for (const [i, input] of this.tuned.entries()) {
          const tuned = input.slice(first);
          await backend.accumulate(mean.region, tuned, i === 0, count);
          if (energies) energies[i] = await backend.deltaEnergy(tuned, base, count, energies[i]);
        }
        const extent = await backend.meanDelta(mean.region, this.tuned.length, base, mean.region, count);
        if (!out) return extent;
      }
      return backend.deltaMinmax(mean, undefined, out, count);
    };
    return { load, chunk };
  }
}
