import { packedBytes } from '../../../kernels/codes.ts';
import type { Affine, SquaredError } from '../../../kernels/stages/quantize_pack/stage.ts';
import type { Extent } from '../../../kernels/stages/extent.ts';
import type { Region, Scope } from '../../../kernels/memory.ts';
import { Xxh64 } from '../../../kernels/checksum.ts';
import type { JobContext, RecordOutcome } from '../scheduler/job.ts';
import { affineOf } from './affine/affine.ts';
import { chunksOf, spansOf, type Span } from '../tensors/tensorInput.ts';

/** Values to quantize, chunk by chunk: x = tuned − reference. */
export interface Values {
  /** Makes a span's chunks available. */
  load(span: Span): Promise<void>;
  /** The chunk's values, or its range alone when `out` is undefined; `chunk.first` counts from its span. */
  chunk(chunk: Span, out: Region | undefined): Promise<Extent>;
  /** What the error is compared with when it is not the values' own Σx²: that of an offset's whole task vector. */
  readonly energy?: number | undefined;
}

/** Scratch memory for one chunk of values and their codes. */
export interface EncoderMemory {
  readonly x: Region;
  /** Codes of one span. */
  readonly codes: Region;
}

/** What a codebook needs besides. */
export interface CodebookMemory extends EncoderMemory {
  /** Scales of one span's groups, a byte each. */
  readonly scales: Region;
  /** What one chunk's codes stand for. */
  readonly restored: Region;
}

/** XXH64 of no bytes. */
const NO_PAYLOAD = 'ef46db3751d8e999';

/** Outcome of a tensor that takes no payload. */
export const withoutPayload = (codec: 'constant' | 'same' | 'absent', value = 0): RecordOutcome => ({
  codec,
  scales: [0, value],
  checksum: NO_PAYLOAD,
  errors: [0, 0],
});

/** Scratch bytes of an encoder, for the plan. */
export const encoderBytes = (chunk: number, spanElements: number, bits: number): number =>
  4 * Math.min(chunk, spanElements) + packedBytes(spanElements, bits) + 4;

export const encoderMemory = (
  memory: Scope,
  chunk: number,
  spanElements: number,
  bits: number,
): EncoderMemory => ({
  x: memory.alloc(4 * Math.min(chunk, spanElements)),
  codes: memory.alloc(packedBytes(spanElements, bits) + 4),
});

/** Scales take a byte a group of at least this many values. */
const SMALLEST_GROUP = 32;

export const codebookExtraBytes = (chunk: number, spanElements: number): number =>
  Math.ceil(spanElements / SMALLEST_GROUP) + 4 + 4 * Math.min(chunk, spanElements);

export const codebookMemory = (
  memory: Scope,
  scratch: EncoderMemory,
  chunk: number,
  spanElements: number,
): CodebookMemory => ({
  ...scratch,
  scales: memory.alloc(Math.ceil(spanElements / SMALLEST_GROUP) + 4),
  restored: memory.alloc(4 * Math.min(chunk, spanElements)),
});

/** Loads a span and goes through its chunks. */
export async function eachChunk(
  { backend, signal }: JobContext,
  span: Span,
  values: Values,
  work: (chunk: Span) => Promise<void>,
): Promise<void> {
  await values.load(span);
  for (const chunk of chunksOf(span, backend.chunk)) {
    signal.throwIfAborted();
    await work(chunk);
  }
}

/** The range of no values. */
export const NO_EXTENT: Extent = { min: Infinity, max: -Infinity, finite: true };

/** Joins the ranges of two chunks. */
export const join = (a: Extent, b: Extent): Extent => ({
  min: Math.min(a.min, b.min),
  max: Math.max(a.max, b.max),
  finite: a.finite && b.finite,
});

/** Range of all values of a tensor. */
export async function extentOf(
  context: JobContext,
  count: number,
  resident: boolean,
  values: Values,
): Promise<Extent> {
  let extent = NO_EXTENT;
  for (const span of spansOf(count, resident)) {
    await eachChunk(context, span, values, async chunk => {
      extent = join(extent, await values.chunk(chunk, undefined));
    });
  }
  return extent;
}

/** What a tensor is: known after a first pass. */
export interface Range {
  readonly extent: Extent;
  /** ‖x‖². */
  readonly energy: number;
}

/** Range and energy of all values of a tensor; each chunk passes through `memory.x`. */
export async function rangeOf(
  context: JobContext,
  memory: EncoderMemory,
  { count, resident }: { readonly count: number; readonly resident: boolean },
  values: Values,
): Promise<Range> {
  const x = { region: memory.x, type: 'F32', first: 0 } as const;
  let energy = 0;
  let extent = NO_EXTENT;
  for (const span of spansOf(count, resident)) {
    await eachChunk(context, span, values, async chunk => {
      extent = join(extent, await values.chunk(chunk, memory.x));
      energy = await context.backend.deltaEnergy(x, undefined, chunk.count, energy);
    });
  }
  return { extent, energy };
}

/** What to do once the range is known; `unquantizable`: NaN, infinity, or a range too small for a scale. */
export type Decision =
  { kind: 'constant'; value: number } | { kind: 'affine'; affine: Affine } | { kind: 'unquantizable' };

export function decide(extent: Extent, bits: number): Decision {
  if (!extent.finite) return { kind: 'unquantizable' };
  if (extent.min === extent.max) return { kind: 'constant', value: extent.min };
  const affine = affineOf(extent, bits);
  return affine ? { kind: 'affine', affine } : { kind: 'unquantizable' };
}

/**
 * Second pass: quantizes, packs and emits the codes of `output`, measuring the squared error on the way.
 * @param whole whether `memory.codes` holds the codes of the whole tensor rather than of one span
 */
export async function emitCodes(
  context: JobContext,
  memory: EncoderMemory,
  job: { count: number; resident: boolean; output: number; affine: Affine },
  whole: boolean,
  values: Values,
): Promise<RecordOutcome> {
  const { backend } = context;
  const { affine, count, output } = job;
  const hash = new Xxh64(context.kernels);
  // Running sums: handed from chunk to chunk they do not depend on how long a backend's chunks are.
  let sums: SquaredError | undefined;
  await context.emit({ type: 'begin', output, codec: 'affine', bytes: packedBytes(count, affine.bits) });
  for (const span of spansOf(count, job.resident)) {
    const start = whole ? span.first : 0;
    await eachChunk(context, span, values, async chunk => {
      const first = start + chunk.first;
      await values.chunk(chunk, memory.x);
      sums = await backend.quantizePack(memory.x, affine, memory.codes, first, chunk.count, sums);
    });
    const bytes = await backend.read(
      memory.codes,
      packedBytes(start, affine.bits),
      packedBytes(span.count, affine.bits),
    );
    hash.update(bytes);
    await context.emit({ type: 'bytes', bytes: bytes as Uint8Array<ArrayBuffer> });
  }
  return {
    codec: 'affine',
    scales: [affine.scale, affine.zero],
    checksum: hash.digest(),
    errors: [sums?.error ?? 0, values.energy ?? sums?.energy ?? 0],
  };
}
