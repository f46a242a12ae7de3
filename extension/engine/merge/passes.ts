import type { Region, Scope } from '../../../kernels/backend.ts';
import type { RandomStream } from '../../../kernels/mergeStages.ts';
import type { QuantizableDtype } from '../checkpoint/dtype.ts';
import type { JobContext } from '../job.ts';
import { inputBytes, TensorInput, type Span } from '../quantize/tensorInput.ts';
import type { MergeMemory } from './combine.ts';
import { InputReader } from './inputTensor.ts';
import { rowLengthOf, spansOfJob, WORKING_REGIONS, type MergeJob } from './mergeJob.ts';
import { thin } from './sparsify.ts';
import { longest, type Window, type WindowedSpan } from './windows.ts';

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
    this.base = job.base && new TensorInput(context, job.base, baseRegion as Region);
    this.#readers = job.inputs.map(
      input => new InputReader(context, memory, input, this.base, decoding, span),
    );
    this.weights = job.inputValues.map(({ weight }) => (typeof weight === 'number' ? weight : 1));
  }

  /** Goes through the tensor with each window's values in `xs`. */
  async windows(work: (window: Window, span: Span) => Promise<void>): Promise<void> {
    for (const { span, windows } of this.#spans) {
      await Promise.all([this.base?.load(span), ...this.#readers.map(reader => reader.load(span))]);
      for (const window of windows) {
        this.context.signal.throwIfAborted();
        for (const [i, x] of this.memory.xs.entries()) await this.values(i, window, x);
        await work(window, span);
      }
    }
  }

  /** One input's values of a window, as they were before anything was done to them. */
  values(input: number, { first, count }: Window, out: Region): Promise<void> {
    return (this.#readers[input] as InputReader).values(this.job.wanted, first, count, out);
  }

  /** Thins out the task vectors in `xs`, where the method does. */
  async thin(window: Window, span: Span, { thresholds, dropScales }: Thinning): Promise<void> {
    const { job, context } = this;
    if (job.way.kind !== 'selective') return;
    for (const [i, x] of this.memory.xs.entries()) {
      const values = { ...job.values, ...job.inputValues[i] };
      const stream: RandomStream = { seed: [Number(values.seed ?? 0), 0], tensor: job.number, task: i };
      await thin(context.backend, job.way.sparsify, x, {
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

  /** After a pass: XXH64 of what was read of the base and of each checkpoint. @throws UserError for a damaged .tvq file */
  finish(): readonly (string | undefined)[] {
    for (const reader of this.#readers) reader.check();
    return [this.base?.checksum, ...this.#readers.map(({ checksum }) => checksum)];
  }
}
