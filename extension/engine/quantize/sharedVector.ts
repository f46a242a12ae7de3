import { packedBytes } from '../../../kernels/codes.ts';
import type { Region, Scope, Slice } from '../../../kernels/memory.ts';
import type { ItemContext, RecordOutcome } from '../scheduler/item.ts';
import { withoutPayload, type Decoding, type EncoderMemory, type Encoding } from '../codecs/codec.ts';
import type { Reconstruction } from '../codecs/gain.ts';
import { entropy } from '../codecs/entropy/codec.ts';
import { EntropyEncoder, type Found } from '../codecs/entropy/entropyEncoder.ts';
import type { EntropyCoding } from '../codecs/entropy/lattice.ts';
import { codecOf, type Coding } from '../codecs/registry.ts';
import { floatsIn } from '../tensors/floats.ts';
import { chunksOf, longestSpan, type Span, type TensorInput } from '../tensors/tensorInput.ts';
import { rangeOf, type Range, type Values } from '../codecs/values.ts';

interface SharedTensor {
  readonly tensor: string;
  readonly count: number;
  readonly resident: boolean;
  readonly reconstruction: Reconstruction;
}

/** What a shared vector's tensor takes beside the inputs and the encoder's scratch. */
export interface SharedMemory {
  /** A region a chunk of one span: first the mean delta, then the reference. */
  readonly chunks: readonly Region[];
  /** Codes of the whole tensor where it is not resident: its reference is decoded again for every span. */
  readonly codes: Region | undefined;
}

/** @param bits of the widest codes that it may get */
export function sharedMemory(
  memory: Scope,
  chunk: number,
  { count, resident, bits }: Pick<SharedTensor, 'count' | 'resident'> & { readonly bits: number },
): SharedMemory {
  const span = { first: 0, count: longestSpan(count, resident) };
  return {
    chunks: chunksOf(span, chunk).map(part => memory.alloc(4 * part.count)),
    codes: resident ? undefined : memory.alloc(packedBytes(count, bits) + 4),
  };
}

/**
 * One tensor of RTVQ's shared base vector (Kim et al., ICCV 2025, with error correction): the mean of the fine-tuned
 * checkpoints minus the base model, quantized. Offsets are then taken from the reference base + dequantized shared
 * vector, so that they absorb its error.
 */
export class SharedVector {
  #decoding: Decoding | undefined;
  #referenceOf: Span | undefined;
  /** Whether the chunks hold the mean delta of the whole tensor. */
  #holdsMean = false;
  /** Σ(tuned − base)² of each fine-tuned checkpoint, once they have been summed. */
  #energies: number[] | undefined;

  constructor(
    private readonly context: ItemContext,
    private readonly scratch: EncoderMemory,
    private readonly memory: SharedMemory,
    private readonly base: TensorInput,
    private readonly tuned: readonly TensorInput[],
    private readonly tensor: SharedTensor,
  ) {}

  /** First pass: range and energy of the mean delta, and the energies of the task vectors. */
  range(): Promise<Range> {
    return this.#firstPass(values => rangeOf(this.context, this.scratch.x, this.tensor, values));
  }

  /**
   * Quantizes and emits the tensor as output 0. A mean that cannot be quantized, or is constant, leaves the shared
   * vector empty here: the offsets are then plain task vectors.
   * @returns whether `load` and `slice` may be used
   */
  async encode(coding: Coding): Promise<{ outcome: RecordOutcome; usable: boolean }> {
    const codec = codecOf(coding);
    const { context } = this;
    const outcome = await this.#firstPass(values =>
      codec.quantize(context, this.#encoderMemory(), this.#encoding(coding), values),
    );
    if (!outcome || outcome.codec !== coding.codec)
      return { outcome: { ...withoutPayload('constant'), errors: outcome?.errors ?? [0, 0] }, usable: false };
    this.#decodeWith(codec.decoding?.(coding, outcome.scales));
    return { outcome, usable: true };
  }

  /** Quantizes the tensor on a lattice, to be the reference from now on; undefined where nothing of it would be left. */
  async quantize(coding: EntropyCoding): Promise<Found | undefined> {
    const encoder = new EntropyEncoder(
      this.context,
      this.#encoderMemory(),
      this.#encoding(coding),
      this.mean(),
    );
    const found = await encoder.measure();
    const { unit } = encoder.restored(found);
    if (unit === 0) return undefined;
    this.#decodeWith(entropy.decoding?.(coding, [unit, coding.step]));
    return found;
  }

  /** Makes the reference of a span available. */
  async load(span: Span): Promise<void> {
    const { context } = this;
    if (this.#referenceOf?.first === span.first) return;
    await this.base.load(context, span);
    const { chunks, codes } = this.memory;
    this.#holdsMean = false;
    for (const [i, chunk] of chunksOf(span, context.backend.chunk).entries()) {
      const out = chunks[i] as Region;
      await this.#decode(codes ?? this.scratch.codes, codes ? span.first : 0, chunk, out, span);
    }
    this.#referenceOf = span;
  }

  /** Squared norm of a whole task vector. */
  energyOf(task: number): number {
    return this.#energies?.[task] as number;
  }

  /** base + dequantized shared vector, from element `first` (a chunk's beginning) of the loaded span. */
  slice(first: number): Slice {
    return floatsIn(this.memory.chunks[first / this.context.backend.chunk] as Region);
  }

  /** The same operations in the same order as when restoring, so that the reference is bit-identical. */
  async #decode(
    codes: Region,
    start: number,
    { first, count }: Span,
    out: Region,
    span: Span,
  ): Promise<void> {
    const { backend } = this.context;
    const { bits, table, rotate } = this.#decoding as Decoding;
    const base = this.base.slice(first);
    const added = rotate === undefined ? base : undefined;
    await backend.unpackDequantize(codes, start + first, bits, table, added, out, 0, count);
    if (rotate === undefined) return;
    await backend[rotate](out, span.first + first, count);
    await backend.accumulate(out, base, false, count);
  }

  #encoding<C extends Coding>(coding: C): Encoding<C> {
    return { ...this.tensor, source: undefined, whole: true, output: 0, coding };
  }

  #decodeWith(decoding: Decoding | undefined): void {
    this.#decoding = decoding;
    this.#referenceOf = undefined;
  }

  #encoderMemory(): EncoderMemory {
    return { ...this.scratch, codes: this.memory.codes ?? this.scratch.codes };
  }

  async #firstPass<T>(pass: (values: Values) => Promise<T>): Promise<T> {
    const energies = this.tuned.map(() => 0);
    const found = await pass(this.mean(energies));
    this.#energies = energies;
    return found;
  }

  /** The mean delta; kept if the tensor is resident, otherwise computed for every pass.
   * @param energies where to sum up those of the task vectors, in the first of several passes */
  mean(energies?: number[]): Values {
    const { backend } = this.context;
    const { count: elements, resident } = this.tensor;
    let begin = 0;
    let summed = 0;
    const load = async (span: Span): Promise<void> => {
      begin = span.first;
      await Promise.all([this.base, ...this.tuned].map(input => input.load(this.context, span)));
    };
    const chunk: Values['chunk'] = async ({ first, count }, out) => {
      const mean = this.slice(first);
      if (!this.#holdsMean) {
        const base = this.base.slice(first);
        const fresh = energies && begin + first === summed;
        for (const [i, input] of this.tuned.entries()) {
          const tuned = input.slice(first);
          await backend.accumulate(mean.region, tuned, i === 0, count);
          if (fresh) energies[i] = await backend.deltaEnergy(tuned, base, count, energies[i]);
        }
        const extent = await backend.meanDelta(mean.region, this.tuned.length, base, mean.region, count);
        if (fresh) summed += count;
        if (summed === elements) this.#holdsMean = resident;
        if (!out) return extent;
      }
      return backend.deltaMinmax(mean, undefined, out, count);
    };
    return { load, chunk };
  }
}
