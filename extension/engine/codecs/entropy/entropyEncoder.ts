/** Quantizes a tensor on a lattice and emits its codes as rANS streams; see kernels/entropy.ts for the payload. */
import { Xxh64 } from '../../../../kernels/checksum.ts';
import { CODES } from '../../../../kernels/codes.ts';
import { encodeStreams, frequenciesOf } from '../../../../kernels/entropy.ts';
import { joinPayloads, type PayloadPart } from '../../../../kernels/payload.ts';
import type { Extent } from '../../../../kernels/stages/extent.ts';
import type { SquaredError } from '../../../../kernels/stages/quantize_pack/stage.ts';
import type { ItemContext, RecordOutcome } from '../../scheduler/item.ts';
import { spansOf, type Span } from '../../tensors/tensorInput.ts';
import { withoutPayload, type EncoderMemory, type Encoding } from '../codec.ts';
import { gainOf } from '../gain.ts';
import { eachChunk, join, NO_EXTENT, type Values } from '../values.ts';
import { addCounts, latticeOf, projections, type EntropyCoding } from './lattice.ts';

/** A pass that quantizes and counts, then one that emits. @returns undefined for NaN and infinity */
export async function quantizeEntropy(
  context: ItemContext,
  memory: EncoderMemory,
  encoding: Encoding<EntropyCoding>,
  values: Values,
): Promise<RecordOutcome | undefined> {
  const encoder = new EntropyEncoder(context, memory, encoding, values);
  const found = await encoder.measure();
  const { min, max, finite } = found.extent;
  if (!finite) return undefined;
  return min === max ? withoutPayload('constant', min) : encoder.emit(found);
}

/** What the first pass found out. */
export interface Found {
  extent: Extent;
  /** Running sums: passed from chunk to chunk, so that they do not depend on a backend's chunk size. */
  sums: SquaredError;
  readonly counts: Uint32Array;
}

export class EntropyEncoder {
  constructor(
    private readonly context: ItemContext,
    private readonly memory: EncoderMemory,
    private readonly item: Encoding<EntropyCoding>,
    private readonly values: Values,
  ) {}

  /** First pass: codes, their counts and their error; codes of the whole tensor stay in `memory.codes`. */
  async measure(): Promise<Found> {
    const found: Found = {
      extent: NO_EXTENT,
      sums: { error: 0, energy: 0 },
      counts: new Uint32Array(CODES),
    };
    for (const span of this.#spans()) await this.#quantize(span, found);
    return found;
  }

  /** The value of one step from zero's code, 0 if every code is zero's, and the resulting squared error. */
  restored({ sums, counts }: Found): { readonly unit: number; readonly error: number } {
    const { coding, reconstruction } = this.item;
    const { scale } = latticeOf(coding.step);
    const { gain, error } = gainOf(
      sums.energy,
      projections({ sums, counts, step: 1 / scale }),
      reconstruction,
    );
    return { unit: Math.fround(gain / scale), error };
  }

  /** Second pass: entropy-codes and emits what `measure` has seen. */
  async emit(found: Found): Promise<RecordOutcome> {
    const { context, item, memory } = this;
    const { coding, output, whole } = item;
    const { sums, counts } = found;
    const { unit, error } = this.restored(found);
    const errors = [error, this.values.energy ?? sums.energy] as const;
    if (unit === 0) return { ...withoutPayload('constant'), errors };
    const frequencies = frequenciesOf(counts);
    const parts: PayloadPart[] = [];
    for (const span of this.#spans()) {
      if (!whole) await this.#quantize(span);
      const codes = await context.backend.read(memory.codes, whole ? span.first : 0, span.count);
      parts.push({ bytes: encodeStreams(context.kernels, codes, frequencies), count: span.count });
    }
    const joined = joinPayloads(parts);
    if (joined.length > coding.bytes) {
      throw new Error(
        `tensor "${item.tensor}": ${joined.length} bytes of codes where ${coding.bytes} were planned`,
      );
    }
    const payload = new Uint8Array(coding.bytes); // padded with zeros
    payload.set(joined);
    await context.emit({ type: 'begin', output, codec: 'entropy', bytes: payload.length });
    const hash = new Xxh64(context.kernels);
    hash.update(payload);
    await context.emit({ type: 'bytes', bytes: payload });
    return {
      codec: 'entropy',
      scales: [unit, Math.fround(1 / latticeOf(coding.step).scale)],
      checksum: hash.digest(),
      errors,
    };
  }

  #spans(): Span[] {
    return spansOf(this.item.count, this.item.resident);
  }

  /** Puts a span's codes into `memory.codes`, and adds their counts and sums to `found`. */
  async #quantize(span: Span, found?: Found): Promise<void> {
    const { memory, values, item } = this;
    const { backend } = this.context;
    const lattice = latticeOf(item.coding.step);
    const start = item.whole ? span.first : 0;
    await eachChunk(this.context, span, values, async chunk => {
      const { count } = chunk;
      const first = start + chunk.first;
      const extent = await values.chunk(chunk, memory.x);
      await backend.rotate4(memory.x, span.first + chunk.first, count);
      const sums = await backend.quantizePack(memory.x, lattice, memory.codes, first, count, found?.sums);
      if (!found) return;
      found.sums = sums;
      found.extent = join(found.extent, extent);
      addCounts(found.counts, await backend.codeCounts(memory.codes, first, count));
    });
  }
}
