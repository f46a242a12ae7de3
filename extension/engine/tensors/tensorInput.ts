import { CHUNK_ALIGNMENT, type FloatType, type Region, type Slice } from '../../../kernels/memory.ts';
import { demoteF64 } from '../../../kernels/checksum.ts';
import type { TensorSource } from '../../formats/tensorSource.ts';
import { DTYPE_BITS, type QuantizableDtype } from '../../formats/dtype.ts';
import type { ItemContext } from '../scheduler/item.ts';
import { LoadedSpan } from './loadedSpan.ts';
import { OrderedHash } from './orderedHash.ts';
import { readSource } from './sourceKinds.ts';

/** The part of a tensor that is in backend memory at once, in elements; the whole tensor when it is resident. */
export interface Span {
  readonly first: number;
  readonly count: number;
}

/** Elements of a span when a tensor does not fit: 8 MiB of F32, long enough for full disk speed. */
export const SPAN_ELEMENTS = 1024 * CHUNK_ALIGNMENT;

/** Elements of a tensor's longest span. */
export const longestSpan = (count: number, resident: boolean): number =>
  resident ? count : Math.min(count, SPAN_ELEMENTS);

/** A span of the whole tensor, or spans of SPAN_ELEMENTS. */
export function spansOf(count: number, resident: boolean): Span[] {
  const step = resident ? Math.max(count, 1) : SPAN_ELEMENTS;
  return Array.from({ length: Math.ceil(count / step) }, (_, i) => ({
    first: i * step,
    count: Math.min(step, count - i * step),
  }));
}

/** Chunks of a span that a backend takes at once, `first` counted from the span's beginning. */
export const chunksOf = (span: Span, chunk: number): Span[] =>
  Array.from({ length: Math.ceil(span.count / chunk) }, (_, i) => ({
    first: i * chunk,
    count: Math.min(chunk, span.count - i * chunk),
  }));

/** Type of a tensor's elements in backend memory. */
export const floatTypeOf = (dtype: QuantizableDtype): FloatType => (dtype === 'F64' ? 'F32' : dtype);

/** Backend bytes that `count` elements of a checkpoint tensor take; F64 is read as it is and rounded in place. */
export const inputBytes = ({ dtype }: TensorSource, count: number): number => (count * DTYPE_BITS[dtype]) / 8;

/** Brings a span of several tensors into backend memory. */
export async function loadAll(
  context: ItemContext,
  span: Span,
  inputs: readonly (Pick<TensorInput, 'load'> | undefined)[],
): Promise<void> {
  await Promise.all(inputs.map(async input => input?.load(context, span)));
}

/**
 * Loads a checkpoint tensor into backend memory, one span at a time. Bytes are read from disk once as long as a span
 * stays loaded, and hashed the first time they pass.
 */
export class TensorInput {
  readonly #hash: OrderedHash | undefined;
  readonly #loaded = new LoadedSpan();

  /**
   * @param region holds `inputBytes` of the largest span
   * @param hashed whether `checksum` will be needed
   */
  constructor(
    readonly source: TensorSource,
    private readonly region: Region,
    hashed = true,
  ) {
    if (hashed) this.#hash = new OrderedHash();
  }

  /** Starts to read a span into the region unless it is there; resolves when it is. */
  load(context: ItemContext, span: Span): Promise<void> {
    return this.#loaded.load(span.first, () => this.#read(context, span));
  }

  /** Elements of the loaded span from `first`, counted from the span's beginning. */
  slice(first: number): Slice {
    return { region: this.region, type: floatTypeOf(this.source.dtype as QuantizableDtype), first };
  }

  /** XXH64 of the tensor's bytes, known after all spans were loaded once in order. */
  checksum({ kernels }: ItemContext): string {
    if (this.#hash?.bytes !== this.source.bytes) throw new Error(`${this.source.name} was not read whole`);
    return this.#hash.digest(kernels);
  }

  async #read(context: ItemContext, span: Span): Promise<void> {
    const { backend, kernels, signal } = context;
    const elementBytes = DTYPE_BITS[this.source.dtype] / 8;
    signal.throwIfAborted();
    await backend.write(this.region, 0, span.count * elementBytes, async view => {
      await readSource(context, this.source, view, span.first * elementBytes);
      this.#hash?.update(kernels, view, span.first * elementBytes);
      if (this.source.dtype === 'F64') demoteF64(kernels, view);
    });
  }
}
