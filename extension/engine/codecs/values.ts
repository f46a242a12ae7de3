/** Values to be coded, and passes over them. */
import type { Extent } from '../../../kernels/stages/extent.ts';
import type { Region, Slice } from '../../../kernels/memory.ts';
import type { ItemContext } from '../scheduler/item.ts';
import { floatsIn } from '../tensors/floats.ts';
import { chunksOf, spansOf, type Span } from '../tensors/tensorInput.ts';

/** The two tensors whose difference is quantized. */
export interface Sides {
  readonly tuned: Slice;
  readonly reference: Slice;
}

/** Values to quantize, chunk by chunk: x = tuned − reference. */
export interface Values {
  /** Makes a span's chunks available. */
  load(span: Span): Promise<void>;
  /** The chunk's values, or only its range if `out` is undefined; `chunk.first` counts from its span. */
  chunk(chunk: Span, out: Region | undefined): Promise<Extent>;
  /** What a chunk's values are the difference of; undefined: they are not a difference from the base. */
  readonly sides?: ((chunk: Span) => Sides) | undefined;
  /** What the error is compared with, if not the values' own Σx²: for an offset, the whole task vector's energy. */
  readonly energy?: number | undefined;
}

/** Loads a span and goes through its chunks. */
export async function eachChunk(
  { backend, signal }: ItemContext,
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
  context: ItemContext,
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

/** Range and energy of all values of a tensor; each chunk passes through `x`. */
export async function rangeOf(
  context: ItemContext,
  x: Region,
  { count, resident }: { readonly count: number; readonly resident: boolean },
  values: Values,
): Promise<Range> {
  let energy = 0;
  let extent = NO_EXTENT;
  for (const span of spansOf(count, resident)) {
    await eachChunk(context, span, values, async chunk => {
      extent = join(extent, await values.chunk(chunk, x));
      energy = await context.backend.deltaEnergy(floatsIn(x), undefined, chunk.count, energy);
    });
  }
  return { extent, energy };
}
