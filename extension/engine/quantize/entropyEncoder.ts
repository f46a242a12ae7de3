/** Quantizes a tensor on a lattice and emits its codes as rANS streams; see kernels/entropy.ts for the payload. */
import { Xxh64 } from '../../../kernels/checksum.ts';
import { CODES, STREAM } from '../../../kernels/codecStages.ts';
import { encodeStreams, frequenciesOf } from '../../../kernels/entropy.ts';
import type { Extent, SquaredError } from '../../../kernels/backend.ts';
import type { JobContext, RecordOutcome } from '../job.ts';
import type { Coding } from './coding.ts';
import { gainOf, latticeOf, projections } from './lattice.ts';
import { chunksOf, SPAN_ELEMENTS, spansOf, type Span } from './tensorInput.ts';
import { join, withoutPayload, type EncoderMemory, type Values } from './vectorEncoder.ts';

type EntropyCoding = Extract<Coding, { codec: 'entropy' }>;

interface EntropyJob {
  readonly tensor: string;
  readonly count: number;
  readonly resident: boolean;
  readonly output: number;
  readonly coding: EntropyCoding;
}

/** What the first pass found out. */
interface Found {
  extent: Extent;
  /** Running sums: handed from chunk to chunk they do not depend on how long a backend's chunks are. */
  sums: SquaredError;
  readonly counts: Uint32Array;
}

export class EntropyEncoder {
  constructor(
    private readonly context: JobContext,
    private readonly memory: EncoderMemory,
    private readonly job: EntropyJob,
    private readonly values: Values,
  ) {}

  /** First pass: codes, their counts and what they lose; a resident tensor's codes stay in `memory.codes`. */
  async measure(): Promise<Found> {
    const found: Found = {
      extent: { min: Infinity, max: -Infinity, finite: true },
      sums: { error: 0, energy: 0 },
      counts: new Uint32Array(CODES),
    };
    for (const span of this.#spans()) await this.#quantize(span, found);
    return found;
  }

  /** Second pass: entropy-codes and emits what `measure` has seen. */
  async emit({ sums, counts }: Found): Promise<RecordOutcome> {
    const { context, job, memory } = this;
    const { coding, count, output } = job;
    const { scale } = latticeOf(coding.step);
    const { gain, error } = gainOf(
      sums.energy,
      projections({ sums, counts, step: 1 / scale }),
      coding.reconstruction,
    );
    if (gain === 0)
      return { ...withoutPayload('constant'), errors: [error, this.values.energy ?? sums.energy] };
    const frequencies = frequenciesOf(counts);
    const parts: Uint8Array[] = [];
    for (const span of this.#spans()) {
      if (!job.resident) await this.#quantize(span);
      const codes = await context.backend.read(memory.codes, 0, span.count);
      parts.push(encodeStreams(context.kernels, codes, frequencies));
    }
    const payload = joinPayloads(parts, count, coding.bytes, job.tensor);
    await context.emit({ type: 'begin', output, codec: 'entropy', bytes: payload.length });
    const hash = new Xxh64(context.kernels);
    hash.update(payload);
    await context.emit({ type: 'bytes', bytes: payload });
    return {
      codec: 'entropy',
      scales: [Math.fround(gain / scale), Math.fround(1 / scale)],
      checksum: hash.digest(),
      errors: [error, this.values.energy ?? sums.energy],
    };
  }

  #spans(): Span[] {
    return spansOf(this.job.count, this.job.resident);
  }

  /** Brings a span's codes into `memory.codes`, and what they tell into `found`. */
  async #quantize(span: Span, found?: Found): Promise<void> {
    const { memory, values, job } = this;
    const { backend, signal } = this.context;
    const lattice = latticeOf(job.coding.step);
    await values.load(span);
    for (const chunk of chunksOf(span, backend.chunk)) {
      signal.throwIfAborted();
      const { first, count } = chunk;
      const extent = await values.chunk(chunk, memory.x);
      await backend.rotate(memory.x, span.first + first, count);
      const sums = await backend.quantizePack(memory.x, lattice, memory.codes, first, count, found?.sums);
      if (!found) continue;
      found.sums = sums;
      found.extent = join(found.extent, extent);
      const counts = await backend.codeCounts(memory.codes, first, count);
      counts.forEach((occurring, code) => (found.counts[code] = (found.counts[code] as number) + occurring));
    }
  }
}

/** One payload of those of a tensor's spans, which have the same frequencies; zeros fill it up. */
function joinPayloads(
  parts: readonly Uint8Array[],
  count: number,
  bytes: number,
  tensor: string,
): Uint8Array<ArrayBuffer> {
  const first = parts[0] as Uint8Array;
  const head = 2 + 2 * ((first[1] as number) - (first[0] as number) + 1);
  const streams = Math.ceil(count / STREAM);
  const payload = new Uint8Array(bytes);
  const words = parts.reduce((sum, part) => sum + part.length - head, 0);
  if (head + words > bytes) {
    throw new Error(`tensor "${tensor}": ${head + words} bytes of codes where ${bytes} were planned`);
  }
  payload.set(first.subarray(0, head));
  let [sizeAt, wordsAt, left] = [head, head + 2 * streams, count];
  const span = parts.length > 1 ? SPAN_ELEMENTS / STREAM : streams;
  for (const part of parts) {
    const sizes = 2 * Math.min(span, Math.ceil(left / STREAM));
    payload.set(part.subarray(head, head + sizes), sizeAt);
    payload.set(part.subarray(head + sizes), wordsAt);
    sizeAt += sizes;
    wordsAt += part.length - head - sizes;
    left -= (sizes / 2) * STREAM;
  }
  return payload;
}
