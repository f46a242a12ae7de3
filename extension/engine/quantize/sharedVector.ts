import { packedBytes, type Region, type Scope, type Slice } from '../../../kernels/backend.ts';
import type { JobContext, RecordOutcome } from '../job.ts';
import { affineTable } from './affine.ts';
import { chunksOf, spansOf, type Span, type TensorInput } from './tensorInput.ts';
import {
  decide,
  emitCodes,
  extentOf,
  withoutPayload,
  type EncoderMemory,
  type Values,
} from './vectorEncoder.ts';

/** What a backend may add to a region for alignment and slack. */
const REGION_ROUNDING = 512;

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
  #table: Float32Array | undefined;
  #referenceOf: Span | undefined;
  /** Σ(tuned − base)² of each fine-tuned checkpoint. */
  readonly #energies: number[];

  constructor(
    private readonly context: JobContext,
    private readonly scratch: EncoderMemory,
    memory: Scope,
    private readonly base: TensorInput,
    private readonly tuned: readonly TensorInput[],
    private readonly tensor: { readonly count: number; readonly resident: boolean; readonly bits: number },
  ) {
    const { count, resident, bits } = tensor;
    const [span] = spansOf(count, resident) as [Span];
    this.#chunks = chunksOf(span, context.backend.chunk).map(chunk => memory.alloc(4 * chunk.count));
    this.#energies = tuned.map(() => 0);
    this.#codes = resident ? undefined : memory.alloc(packedBytes(count, bits) + 4);
  }

  /** Backend bytes beside the inputs and the encoder's scratch. */
  static bytes(count: number, span: number, bits: number, chunk: number): number {
    const rounding = REGION_ROUNDING * Math.ceil(span / chunk);
    return 4 * span + rounding + (span < count ? packedBytes(count, bits) + 4 : 0);
  }

  /**
   * Quantizes and emits the tensor as output 0. A mean that cannot be quantized, or is constant, leaves the shared
   * vector empty here: the offsets are then plain task vectors.
   * @returns whether `load` and `slice` may be used
   */
  async encode(): Promise<{ outcome: RecordOutcome; usable: boolean }> {
    const { context, tensor } = this;
    const values = this.#meanValues();
    const decision = decide(await extentOf(context, tensor.count, tensor.resident, values), tensor.bits);
    if (decision.kind !== 'affine') return { outcome: withoutPayload('constant'), usable: false };
    const { affine } = decision;
    this.#table = affineTable(affine);
    const job = { ...tensor, output: 0, affine };
    const codes = this.#codes ?? this.scratch.codes;
    const outcome = await emitCodes(
      context,
      { ...this.scratch, codes },
      job,
      this.#codes !== undefined,
      values,
    );
    return { outcome, usable: true };
  }

  /** Makes the reference of a span available. */
  async load(span: Span): Promise<void> {
    if (this.#referenceOf?.first === span.first) return;
    const { backend } = this.context;
    await this.base.load(span);
    for (const [i, { first, count }] of chunksOf(span, backend.chunk).entries()) {
      const codes = this.#codes ?? this.scratch.codes;
      const start = this.#codes ? span.first + first : first;
      const out = this.#chunks[i] as Region;
      await backend.unpackDequantize(
        codes,
        start,
        this.tensor.bits,
        this.#table as Float32Array,
        this.base.slice(first),
        out,
        0,
        count,
      );
    }
    this.#referenceOf = span;
  }

  /** Squared norm of a whole task vector. */
  energyOf(task: number): number {
    return this.#energies[task] as number;
  }

  /** base + dequantized shared vector, from element `first` (a chunk's beginning) of the loaded span. */
  slice(first: number): Slice {
    return { region: this.#chunks[first / this.context.backend.chunk] as Region, type: 'F32', first: 0 };
  }

  /** The mean delta; computed once where the tensor is resident, for every pass otherwise. */
  #meanValues(): Values {
    const { backend } = this.context;
    const load = async (span: Span): Promise<void> => {
      await Promise.all([this.base, ...this.tuned].map(input => input.load(span)));
    };
    const chunk: Values['chunk'] = async ({ first, count }, out) => {
      const mean = this.slice(first);
      if (!out || !this.tensor.resident) {
        const base = this.base.slice(first);
        for (const [i, input] of this.tuned.entries()) {
          const tuned = input.slice(first);
          await backend.accumulate(mean.region, tuned, i === 0, count);
          if (out) continue; // a second pass
          this.#energies[i] = await backend.deltaEnergy(tuned, base, count, this.#energies[i]);
        }
        const extent = await backend.meanDelta(mean.region, this.tuned.length, base, mean.region, count);
        if (!out) return extent;
      }
      return backend.deltaMinmax(mean, undefined, out, count);
    };
    return { load, chunk };
  }
}
