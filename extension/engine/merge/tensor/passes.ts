import type { Region } from '../../../../kernels/memory.ts';
import type { RandomStream } from '../../../../kernels/stages/rows.ts';
import type { ItemContext } from '../../scheduler/item.ts';
import { loadAll, type Span, type TensorInput } from '../../tensors/tensorInput.ts';
import type { MergeMemory } from '../math/combine.ts';
import { nonFinite } from './finite.ts';
import type { Values } from '../recipe/parameters.ts';
import type { InputReader } from '../../tensors/inputTensor.ts';
import { toleranceOf, type MergeItem } from './mergeItem.ts';
import type { PassMemory } from './passMemory.ts';
import type { Coder } from '../../output/coding.ts';
import { place, thin, thinRows } from '../math/sparsify.ts';
import type { Window } from '../../tensors/windows.ts';

/** What is known of each task vector before it can be thinned out, by input. */
export interface Thinning {
  /** Magnitude keys below which a trim drops. */
  readonly thresholds: readonly number[];
  /** Factors of what a random drop keeps. */
  readonly dropScales: readonly number[];
}

/** One item's tensor in backend memory: goes through its windows, as often as the method needs to. */
export class Passes {
  readonly memory: MergeMemory;
  /** Of the inputs; 1 where the method has none. */
  readonly weights: readonly number[];
  /** By input, the values of one span with rows longer than a window, thinned out. */
  #longRows: { readonly span: Span; readonly values: readonly Float32Array[] } | undefined;

  constructor(
    readonly item: MergeItem,
    readonly context: ItemContext,
    private readonly held: PassMemory,
  ) {
    this.memory = held.window;
    this.weights = item.inputValues.map(({ weight }) => (typeof weight === 'number' ? weight : 1));
  }

  /** For one output; undefined: values are written as they are. */
  makeCoder(): Coder | undefined {
    return this.held.coder?.();
  }

  /** Goes through the tensor with each window's values in `xs`. */
  async windows(work: (window: Window, span: Span) => Promise<void>): Promise<void> {
    for (const { span, windows } of this.held.spans) {
      for (const window of windows) {
        this.context.signal.throwIfAborted();
        await this.enter(window, span);
        await work(window, span);
      }
    }
  }

  /** Brings one window's values into `xs`. */
  async enter(window: Window, span: Span): Promise<void> {
    const { base, readers } = this.held;
    await loadAll(this.context, span, [base, ...readers]);
    for (const i of readers.keys()) await this.reload(i, window);
  }

  /** Brings one input's values of the window into its region, as they were before anything was done to them. */
  async reload(input: number, window: Window): Promise<void> {
    const { context, item } = this;
    const { skip } = window;
    const x = this.memory.xs[input] as Region;
    await (this.held.readers[input] as InputReader).values(context, item.wanted, window, x);
    // What belongs to the window before must not be counted twice.
    if (skip > 0) await context.backend.write(x, 0, 4 * skip, async view => void view.fill(0));
  }

  /** Brings the base's values of the window into `decoding`. */
  async decodeBase({ first, count }: Window): Promise<Region> {
    const base = this.held.base as TensorInput;
    const { decoding } = this.memory;
    const { finite } = await this.context.backend.deltaMinmax(base.slice(first), undefined, decoding, count);
    const tolerance = toleranceOf(this.item);
    if (!finite && !tolerance.taken) throw nonFinite(base.source, tolerance);
    return decoding;
  }

  /** Thins out the task vectors in `xs`, if the method does that. */
  async thin(window: Window, span: Span, { thresholds, dropScales }: Thinning): Promise<void> {
    const { item, context } = this;
    if (item.way.kind !== 'selective') return;
    const { longRow } = this.held;
    const thinned = longRow && (await this.#thinLongRows(longRow, window, span));
    for (const [i, x] of this.memory.xs.entries()) {
      const { values, stream } = this.#settings(i);
      await thin(context.backend, item.way.sparsify, x, {
        thinned: thinned?.[i]?.subarray(window.first, window.first + window.count),
        window,
        index: span.first + window.first,
        rowLength: item.rowLength,
        values,
        stream,
        threshold: thresholds[i] ?? 0,
        dropScale: dropScales[i] ?? 1,
      });
    }
  }

  /** An input's parameters, and the random numbers of its tensor. */
  #settings(input: number): { values: Values; stream: RandomStream } {
    const { item } = this;
    const values = { ...item.values, ...item.inputValues[input] };
    return { values, stream: { seed: [Number(values.seed ?? 0), 0], tensor: item.number, task: input } };
  }

  /**
   * Assembles rows that are longer than a window and thins them out as a whole, once for all windows of a span.
   * @returns by input, the values of the span
   */
  async #thinLongRows(room: Region, window: Window, span: Span): Promise<readonly Float32Array[]> {
    if (this.#longRows?.span === span) return this.#longRows.values;
    const { item, context, memory } = this;
    const { backend } = context;
    const windows = this.held.spans.find(one => one.span === span)?.windows ?? [];
    const values = memory.xs.map(() => new Float32Array(span.count));
    for (const one of windows) {
      await this.enter(one, span);
      for (const [i, x] of memory.xs.entries()) {
        const bytes = await backend.read(x, 4 * one.skip, 4 * (one.count - one.skip));
        values[i]?.set(new Float32Array(bytes.buffer, bytes.byteOffset), one.first + one.skip);
      }
    }
    const length = item.rowLength;
    const way = item.way.kind === 'selective' && item.way.sparsify === 'band' ? 'band' : 'rankDrop';
    // Values before the span's first row are there for alignment.
    const begin = (windows[0]?.first ?? 0) + (windows[0]?.skip ?? 0);
    for (const [i, ofInput] of values.entries()) {
      const settings = this.#settings(i);
      for (let at = begin; at < span.count; at += length) {
        const row = ofInput.subarray(at, at + length);
        await place(backend, room, row);
        const rows = { region: room, first: 0, rows: 1, length };
        await thinRows(backend, way, rows, settings.values, settings.stream, span.first + at);
        const bytes = await backend.read(room, 0, row.byteLength);
        row.set(new Float32Array(bytes.buffer, bytes.byteOffset, length));
      }
    }
    this.#longRows = { span, values };
    await this.enter(window, span);
    return values;
  }

  /** After the passes: XXH64 of what was read of the base and of each checkpoint, unless the item only measures.
   * @throws UserError for a damaged .tvq file */
  finish(): readonly (string | undefined)[] {
    const { item, context } = this;
    const { base, readers } = this.held;
    for (const reader of readers) reader.check(context);
    return item.measure ? [] : [base, ...readers].map(input => input?.checksum(context));
  }
}
