import type { Region, Scope } from '../../../kernels/backend.ts';
import type { RandomStream } from '../../../kernels/mergeStages.ts';
import { DTYPE_BITS, elementCount, type QuantizableDtype } from '../checkpoint/dtype.ts';
import type { JobContext, JobReport, RecordOutcome } from '../job.ts';
import { inputBytes, TensorInput, type Span } from '../quantize/tensorInput.ts';
import { encodeValues } from '../restore/encode.ts';
import { combineLinear, combineSelective, type MergeMemory } from './combine.ts';
import { InputReader } from './inputTensor.ts';
import {
  rowLengthOf,
  spansOfJob,
  WORKING_REGIONS,
  type MergeFindings,
  type MergeJob,
  type MergeMeasure,
  type TensorStats,
} from './mergeJob.ts';
import { methodNamed } from './registry.ts';
import { narrow, thin, type Selection } from './sparsify.ts';
import { StatsSum } from './stats.ts';
import { longest, type Window, type WindowedSpan } from './windows.ts';

/** Outcome of a tensor that is written as plain bytes. */
export const WRITTEN: RecordOutcome = { codec: 'exact', scales: [0, 0], checksum: '', errors: [0, 0] };

/** One merge job at work. */
export class MergeRun {
  readonly #spans: readonly WindowedSpan[];
  readonly #memory: MergeMemory;
  readonly #base: TensorInput | undefined;
  readonly #readers: readonly InputReader[];
  readonly #weights: readonly number[];

  constructor(
    private readonly job: MergeJob,
    private readonly context: JobContext,
    memory: Scope,
  ) {
    this.#spans = spansOfJob(job, context.backend.chunk);
    const { span, window } = longest(this.#spans);
    const region = () => memory.alloc(4 * window);
    const working = Array.from({ length: WORKING_REGIONS }, region);
    const [merged, a, b, decoding, encoded] = working as [Region, Region, Region, Region, Region];
    this.#memory = { xs: job.inputs.map(region), merged, a, b, decoding, encoded };
    const baseRegion = job.base && memory.alloc(inputBytes(job.base.dtype as QuantizableDtype, span));
    this.#base = job.base && new TensorInput(context, job.base, baseRegion as Region);
    this.#readers = job.inputs.map(
      input => new InputReader(context, memory, input, this.#base, decoding, span),
    );
    this.#weights = job.inputValues.map(({ weight }) => (typeof weight === 'number' ? weight : 1));
  }

  async run(): Promise<JobReport> {
    const { job } = this;
    const findings: MergeFindings = job.measure
      ? await this.#measure(job.measure)
      : { stats: await this.#merge() };
    for (const reader of this.#readers) reader.check();
    const checksums = [this.#base?.checksum, ...this.#readers.map(({ checksum }) => checksum)];
    return { checksums, warnings: [], findings };
  }

  /** Goes through the tensor with each window's values in `xs`. */
  async #windows(work: (window: Window, span: Span) => Promise<void>): Promise<void> {
    for (const { span, windows } of this.#spans) {
      await Promise.all([this.#base?.load(span), ...this.#readers.map(reader => reader.load(span))]);
      for (const window of windows) {
        this.context.signal.throwIfAborted();
        for (const [i, x] of this.#memory.xs.entries()) await this.#values(i, window, x);
        await work(window, span);
      }
    }
  }

  #values(input: number, { first, count }: Window, out: Region): Promise<void> {
    return (this.#readers[input] as InputReader).values(this.job.wanted, first, count, out);
  }

  async #measure(measure: MergeMeasure): Promise<MergeFindings> {
    const { backend } = this.context;
    const { xs, merged, a, b } = this.#memory;
    switch (measure.kind) {
      case 'histogram':
        return { histograms: await this.#histograms(measure.level, measure.prefixes) };
      case 'signs': {
        let [positive, negative] = [0, 0];
        await this.#windows(async (window, span) => {
          await this.#thin(window, span, this.#modelThresholds ?? [], []);
          await combineLinear(backend, xs, this.#weights, a, window.count);
          const counts = await backend.signCounts(a, window.count);
          positive += counts.positive;
          negative += counts.negative;
        });
        return { signs: { positive, negative } };
      }
      case 'emr': {
        const sums = xs.map(() => ({ own: 0, unified: 0 }));
        await this.#windows(async ({ count }) => {
          await combineSelective(backend, this.job, this.#memory, this.#weights, count);
          for (const [i, x] of xs.entries()) {
            await backend.maskBySign(x, merged, b, count);
            const { own, unified } = sums[i] as { own: number; unified: number };
            sums[i] = {
              own: await backend.absSum(x, count, own),
              unified: await backend.absSum(b, count, unified),
            };
          }
        });
        return { emr: sums };
      }
    }
  }

  /** Histograms of one radix level over the tensor, by input. */
  async #histograms(level: 0 | 1 | 2, prefixes: readonly number[]): Promise<Uint32Array[]> {
    const sums: Uint32Array[] = [];
    await this.#windows(async ({ count }) => {
      for (const [i, x] of this.#memory.xs.entries()) {
        const found = await this.context.backend.magnitudeHistogram(x, level, prefixes[i] as number, count);
        sums[i] = sums[i]?.map((value, bin) => value + (found[bin] as number)) ?? found;
      }
    });
    return sums;
  }

  get #modelThresholds(): readonly number[] | undefined {
    return this.job.way.kind === 'selective' ? this.job.way.thresholds : undefined;
  }

  /** Thresholds of a trim within this tensor: the smallest of the density·n largest magnitudes. */
  async #tensorThresholds(): Promise<number[]> {
    const count = elementCount(this.job.shape);
    let selections: Selection[] = this.job.inputValues.map(({ density }) => ({
      prefix: 0,
      rank: Math.min(count - 1, count - Math.max(1, Math.floor(Number(density) * count))),
    }));
    for (const level of [0, 1, 2] as const) {
      const histograms = await this.#histograms(
        level,
        selections.map(({ prefix }) => prefix),
      );
      selections = selections.map((selection, i) => narrow(selection, level, histograms[i] as Uint32Array));
    }
    return selections.map(({ prefix }) => prefix);
  }

  /** What a random drop multiplies by: 1 / density, or what keeps the sum of magnitudes. */
  async #dropScales(): Promise<number[]> {
    const { job, context } = this;
    if (job.values.rescale !== 'l1') {
      return job.inputValues.map(({ density }) =>
        job.values.rescale === 'density' ? 1 / Number(density) : 1,
      );
    }
    const sums = job.inputs.map(() => ({ all: 0, kept: 0 }));
    const add = async (key: 'all' | 'kept', count: number) => {
      for (const [i, x] of this.#memory.xs.entries()) {
        const sum = sums[i] as { all: number; kept: number };
        sum[key] = await context.backend.absSum(x, count, sum[key]);
      }
    };
    await this.#windows(async (window, span) => {
      await add('all', window.count);
      await this.#thin(
        window,
        span,
        [],
        job.inputs.map(() => 1),
      );
      await add('kept', window.count);
    });
    return sums.map(({ all, kept }) => (kept > 0 ? all / kept : 1));
  }

  async #thin(
    window: Window,
    span: Span,
    thresholds: readonly number[],
    dropScales: readonly number[],
  ): Promise<void> {
    const { job, context } = this;
    if (job.way.kind !== 'selective') return;
    for (const [i, x] of this.#memory.xs.entries()) {
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

  /** Coefficients that depend on the tensor: a pass for the inner products, then small matrices. */
  async #coefficients(name: string): Promise<readonly number[]> {
    const { job, context } = this;
    const { way } = methodNamed(name);
    if (way.kind !== 'linear') throw new Error(`${name} is no linear method`);
    const { xs } = this.#memory;
    const gram = xs.map(() => xs.map(() => 0));
    await this.#windows(async ({ count }) => {
      for (const [i, x] of xs.entries()) {
        for (const [j, y] of xs.slice(0, i + 1).entries()) {
          const { xy } = await context.backend.products(x, y, count);
          const sum = ((gram[i] as number[])[j] as number) + xy;
          (gram[i] as number[])[j] = (gram[j] as number[])[i] = sum;
        }
      }
    });
    return way.coefficients({ values: job.values, inputs: job.inputValues, gram });
  }

  /** Merges whole tensors in plain arrays. */
  async #mergedValues(name: string): Promise<Float32Array> {
    const { job, context } = this;
    const { way } = methodNamed(name);
    if (way.kind !== 'values') throw new Error(`${name} is no method on whole tensors`);
    const count = elementCount(job.shape);
    const xs = job.inputs.map(() => new Float32Array(count));
    await this.#windows(async (window, span) => {
      for (const [i, x] of this.#memory.xs.entries()) {
        const bytes = await context.backend.read(x, 0, 4 * window.count);
        xs[i]?.set(new Float32Array(bytes.buffer, bytes.byteOffset, window.count), span.first + window.first);
      }
    });
    return way.merge({ shape: job.shape, xs, values: job.values, inputs: job.inputValues });
  }

  async #merge(): Promise<TensorStats> {
    const { job, context } = this;
    const { backend } = context;
    const { way } = job;
    const { xs, merged, a, b } = this.#memory;
    const coefficients =
      way.kind === 'fixed'
        ? way.coefficients
        : way.kind === 'gram'
          ? await this.#coefficients(way.method)
          : undefined;
    const whole = way.kind === 'values' ? await this.#mergedValues(way.method) : undefined;
    const thins = way.kind === 'selective' && way.sparsify !== 'none';
    const trims = way.kind === 'selective' && way.sparsify === 'trim';
    const thresholds = trims ? (this.#modelThresholds ?? (await this.#tensorThresholds())) : [];
    const drops = way.kind === 'selective' && (way.sparsify === 'drop' || way.sparsify === 'rankDrop');
    const dropScales = drops ? await this.#dropScales() : [];
    const stats = new StatsSum(xs.length);
    const bytes = (elementCount(job.shape) * DTYPE_BITS[job.dtype]) / 8;

    // A model a task (emr) means going through the tensor once for each: outputs are written one after the other.
    for (let output = 0; output < job.outputs; output++) {
      await context.emit({ type: 'begin', output, codec: 'exact', bytes });
      await this.#windows(async (window, span) => {
        const { count } = window;
        await this.#thin(window, span, thresholds, dropScales);
        if (coefficients) await combineLinear(backend, xs, coefficients, merged, count);
        else if (whole) await this.#place(whole, span.first + window.first, count);
        else await combineSelective(backend, job, this.#memory, this.#weights, count);
        const masked = way.kind === 'selective' && way.combine === 'emr';
        if (masked) await backend.maskBySign(xs[output] as Region, merged, b, count);
        const scale = masked && way.rescalers ? (way.rescalers[output] as number) : job.scale;
        await context.emit({ type: 'bytes', bytes: await this.#encode(window, masked ? b : merged, scale) });
        if (output > 0) return;
        await stats.add(backend, merged, b, count, async i => {
          if (!thins) return xs[i] as Region;
          await this.#values(i, window, a);
          return a;
        });
      });
      await context.emit({ type: 'end', output, outcome: WRITTEN });
    }
    return stats.result();
  }

  /** Puts merged values into the window's region. */
  #place(values: Float32Array, first: number, count: number): Promise<void> {
    return this.context.backend.write(this.#memory.merged, 0, 4 * count, async view => {
      view.set(new Uint8Array(values.buffer, values.byteOffset + 4 * first, 4 * count));
    });
  }

  /** base + scale·vector, or the values themselves where whole models are merged, in the dtype that is written. */
  async #encode(window: Window, vector: Region, scale: number): Promise<Uint8Array<ArrayBuffer>> {
    const { job, context } = this;
    const { decoding, encoded } = this.#memory;
    const { count, skip, first } = window;
    let values = vector;
    if (job.wanted === 'vectors') {
      await context.backend.deltaMinmax((this.#base as TensorInput).slice(first), undefined, decoding, count);
      await context.backend.axpy(decoding, vector, scale, false, count);
      values = decoding;
    }
    const bytes = await encodeValues(context, job.dtype as QuantizableDtype, values, encoded, count);
    return skip === 0 ? bytes : bytes.slice((skip * DTYPE_BITS[job.dtype]) / 8);
  }
}
