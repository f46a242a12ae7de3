import type { Region, Scope } from '../../../../kernels/memory.ts';
import type { RandomStream } from '../../../../kernels/stages/rows.ts';
import type { QuantizableDtype } from '../../../formats/dtype.ts';
import type { JobContext } from '../../scheduler/job.ts';
import { inputBytes, TensorInput, type Span } from '../../tensors/tensorInput.ts';
import type { MergeMemory } from '../math/combine.ts';
import { nonFinite } from './finite.ts';
import type { Values } from '../recipe/parameters.ts';
import { InputReader } from '../../tensors/inputTensor.ts';
import { rowLengthOf, spansOfJob, toleranceOf, WORKING_REGIONS, type MergeJob } from './mergeJob.ts';
import { place, thin, thinRows } from '../math/sparsify.ts';
import { isLongRow, longest, type Window, type WindowedSpan } from '../../tensors/windows.ts';

/** What is known of each task vector before it can be thinned out, by input. */
export interface Thinning {
  /** Magnitude keys below which a trim drops. */
  readonly thresholds: readonly number[];
  /** Factors of what a random drop keeps. */
  readonly dropScales: readonly number[];
}

/** One job's tensor in backend memory: goes through its windows, as often as the method needs to. */
export class Passes {
  readonly memory: MergeMemory;
  readonly base: TensorInput | undefined;
  /** Of the inputs; 1 where the method has none. */
  readonly weights: readonly number[];
  readonly #spans: readonly WindowedSpan[];
  readonly #readers: readonly InputReader[];
  /** Room for a row that is longer than a window. */
  readonly #longRow: Region | undefined;
  /** By input, the values of one span with such rows, thinned out. */
  #longRows: { readonly span: Span; readonly values: readonly Float32Array[] } | undefined;

  constructor(
    readonly job: MergeJob,
    readonly context: JobContext,
    memory: Scope,
  ) {
    this.#spans = spansOfJob(job, context.backend.chunk);
    const { span, window } = longest(this.#spans);
    const region = () => memory.alloc(4 * window);
    const working = Array.from({ length: WORKING_REGIONS }, region);
    const [merged, a, b, decoding, encoded] = working as [Region, Region, Region, Region, Region];
    this.memory = { xs: job.inputs.map(region), merged, a, b, decoding, encoded };
    const baseRegion = job.base && memory.alloc(inputBytes(job.base.dtype as QuantizableDtype, span));
    this.base = job.base && new TensorInput(context, job.base, baseRegion as Region, !job.measure);
    const reading = { hashed: !job.measure, tolerance: toleranceOf(job) };
    this.#readers = job.inputs.map(
      input => new InputReader(context, memory, input, reading, this.base, decoding, span),
    );
    const rowLength = rowLengthOf(job);
    this.#longRow = isLongRow(rowLength, context.backend.chunk) ? memory.alloc(4 * rowLength) : undefined;
    this.weights = job.inputValues.map(({ weight }) => (typeof weight === 'number' ? weight : 1));
  }

  /** Goes through the tensor with each window's values in `xs`. */
  async windows(work: (window: Window, span: Span) => Promise<void>): Promise<void> {
    for (const { span, windows } of this.#spans) {
      for (const window of windows) {
        this.context.signal.throwIfAborted();
        await this.enter(window, span);
        await work(window, span);
      }
    }
  }

  /** Brings one window's values into `xs`. */
  async enter(window: Window, span: Span): Promise<void> {
    await Promise.all([this.base?.load(span), ...this.#readers.map(reader => reader.load(span))]);
    for (const i of this.#readers.keys()) await this.reload(i, window);
  }

  /** Brings one input's values of the window into its region, as they were before anything was done to them. */
  async reload(input: number, { first, skip, count }: Window): Promise<void> {
    const { backend } = this.context;
    const x = this.memory.xs[input] as Region;
    await (this.#readers[input] as InputReader).values(this.job.wanted, first, count, x);
    // What belongs to the window before must not be counted twice.
    if (skip > 0) await backend.write(x, 0, 4 * skip, async view => void view.fill(0));
  }

  /** Brings the base's values of the window into `decoding`. */
  async decodeBase({ first, count }: Window): Promise<Region> {
    const base = this.base as TensorInput;
    const { decoding } = this.memory;
    const { finite } = await this.context.backend.deltaMinmax(base.slice(first), undefined, decoding, count);
    const tolerance = toleranceOf(this.job);
    if (!finite && !tolerance.taken) throw nonFinite(base.source, tolerance);
    return decoding;
  }

  /** Thins out the task vectors in `xs`, if the method does that. */
  async thin(window: Window, span: Span, { thresholds, dropScales }: Thinning): Promise<void> {
    const { job, context } = this;
    if (job.way.kind !== 'selective') return;
    const thinned = this.#longRow && (await this.#thinLongRows(this.#longRow, window, span));
    for (const [i, x] of this.memory.xs.entries()) {
      const { values, stream } = this.#settings(i);
      await thin(context.backend, job.way.sparsify, x, {
        thinned: thinned?.[i]?.subarray(window.first, window.first + window.count),
        window,
        index: span.first + window.first,
        rowLength: rowLengthOf(job),
        values,
        stream,
        threshold: thresholds[i] ?? 0,
        dropScale: dropScales[i] ?? 1,
      });
    }
  }

  /** An input's parameters, and the random numbers of its tensor. */
  #settings(input: number): { values: Values; stream: RandomStream } {
    const { job } = this;
    const values = { ...job.values, ...job.inputValues[input] };
    return { values, stream: { seed: [Number(values.seed ?? 0), 0], tensor: job.number, task: input } };
  }

  /**
   * Assembles rows that are longer than a window and thins them out as a whole, once for all windows of a span.
   * @returns by input, the values of the span
   */
  async #thinLongRows(room: Region, window: Window, span: Span): Promise<readonly Float32Array[]> {
    if (this.#longRows?.span === span) return this.#longRows.values;
    const { job, context, memory } = this;
    const { backend } = context;
    const windows = this.#spans.find(one => one.span === span)?.windows ?? [];
    const values = memory.xs.map(() => new Float32Array(span.count));
    for (const one of windows) {
      await this.enter(one, span);
      for (const [i, x] of memory.xs.entries()) {
        const bytes = await backend.read(x, 4 * one.skip, 4 * (one.count - one.skip));
        values[i]?.set(new Float32Array(bytes.buffer, bytes.byteOffset), one.first + one.skip);
      }
    }
    const length = rowLengthOf(job);
    const way = job.way.kind === 'selective' && job.way.sparsify === 'band' ? 'band' : 'rankDrop';
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

  /** After the passes: XXH64 of what was read of the base and of each checkpoint, unless the job only measures.
   * @throws UserError for a damaged .tvq file */
  finish(): readonly (string | undefined)[] {
    for (const reader of this.#readers) reader.check();
    if (this.job.measure) return [];
    return [this.base?.checksum, ...this.#readers.map(({ checksum }) => checksum)];
  }
}
