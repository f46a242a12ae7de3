/** Quantizes one tensor of every checkpoint: the part of a quantize run that is the same for each tensor. */
import type { Region, Scope } from '../../../kernels/backend.ts';
import type { TensorSource } from '../checkpoint/checkpoint.ts';
import { elementCount, type QuantizableDtype } from '../checkpoint/dtype.ts';
import type { JobContext, JobReport, RecordOutcome } from '../job.ts';
import { analyzeTensor, type TensorAnalysis } from './analysis.ts';
import { CodebookEncoder } from './codebookEncoder.ts';
import {
  codeBits,
  type CodebookCoding,
  type Coding,
  type EntropyCoding,
  type Reconstruction,
} from './coding.ts';
import { EntropyEncoder } from './entropyEncoder.ts';
import { RawTensor } from './exact.ts';
import { pruned } from './prune.ts';
import { SharedVector } from './sharedVector.ts';
import { inputBytes, SPAN_ELEMENTS, TensorInput } from './tensorInput.ts';
import {
  codebookExtraBytes,
  codebookMemory,
  decide,
  emitCodes,
  encoderBytes,
  encoderMemory,
  extentOf,
  withoutPayload,
  type CodebookMemory,
  type EncoderMemory,
  type Values,
} from './vectorEncoder.ts';
import { analyzeAffine, analyzeCodebook } from './widths.ts';

export interface QuantizeJob {
  readonly kind: 'quantize';
  readonly tensor: string;
  /** The base model's tensor; absent for fq, and for a tensor that only a fine-tuned checkpoint has. */
  readonly base: TensorSource | undefined;
  /** Bits of the shared vector's tensor, its output being 0; undefined where the tensor has none. */
  readonly sharedBits: number | undefined;
  readonly tasks: readonly TaskTensor[];
  /** Part of the values of each quantized tensor that become zero first. */
  readonly prune: number;
  /** What entropy-coded tensors are restored to be. */
  readonly reconstruction: Reconstruction;
  /** Measure what the choices of its codec would cost each quantized task tensor instead of quantizing it; of entropy
   * coding at these steps, or at many where there are none. */
  readonly analyze: readonly number[] | undefined;
  /** Whether all of the tensor fits into backend memory, so that it is read once. */
  readonly resident: boolean;
}

export interface TaskTensor {
  /** Number of the vector in the .tvq file. */
  readonly output: number;
  /** undefined: this checkpoint does not have the tensor. */
  readonly source: TensorSource | undefined;
  /** undefined: stored exactly. */
  readonly coding: Coding | undefined;
  /** Whether a budget has yet to choose how many bits the coding gets. */
  readonly open: boolean;
}

type Source = TensorSource & { dtype: QuantizableDtype };

type QuantizedTask = TaskTensor & { readonly coding: Coding };
const isQuantized = (task: TaskTensor): task is QuantizedTask => task.coding !== undefined;

const hasCodebook = ({ coding }: QuantizedTask): boolean => coding.codec === 'codebook';

/** Bits of the widest codes while they are in memory. */
const widestCodes = ({ sharedBits = 0, tasks, analyze }: QuantizeJob): number =>
  Math.max(analyze ? 8 : sharedBits, ...tasks.filter(isQuantized).map(({ coding }) => codeBits(coding)));

/** Tensors that go through backend memory at once besides the base's: two alternate, so that the next is read
 * while one is computed; a shared vector needs all of them. */
const tunedInMemory = (job: QuantizeJob, quantized: number) =>
  job.sharedBits === undefined ? Math.min(2, quantized) : quantized;

/** Backend bytes that a job needs. */
export function quantizeJobBytes(job: QuantizeJob, chunk: number): number {
  const quantized = job.tasks.filter(isQuantized);
  const widest = quantized[0]?.source as Source | undefined;
  if (!widest) return 0;
  const count = elementCount(widest.shape);
  const span = job.resident ? count : Math.min(count, SPAN_ELEMENTS);
  const slack = 4096; // regions are rounded up to alignment
  const tunedBytes = Math.max(...quantized.map(({ source }) => inputBytes((source as Source).dtype, span)));
  const bits = widestCodes(job);
  const payload = Math.max(...quantized.map(({ coding }) => (coding.codec === 'entropy' ? coding.bytes : 0)));
  const codebook = quantized.some(hasCodebook) ? codebookExtraBytes(chunk, span) : 0;
  const shared = job.sharedBits === undefined ? 0 : SharedVector.bytes(count, span, job.sharedBits, chunk);
  return (
    (job.base ? inputBytes(job.base.dtype as QuantizableDtype, span) : 0) +
    tunedInMemory(job, quantized.length) * tunedBytes +
    encoderBytes(chunk, span, bits) +
    codebook +
    // Streams are collected before they are emitted, as their sizes stand in front of them.
    2 * payload +
    shared +
    slack * (quantized.length + 8)
  );
}

/** Runs a job; emits begin/bytes/end for each output in order. */
export function runQuantizeJob(job: QuantizeJob, context: JobContext): Promise<JobReport> {
  return context.backend.scope(memory => new QuantizeRun(job, context, memory).run());
}

class QuantizeRun {
  readonly #warnings: string[] = [];
  readonly #count: number;
  readonly #spanElements: number;

  constructor(
    private readonly job: QuantizeJob,
    private readonly context: JobContext,
    private readonly memory: Scope,
  ) {
    const any = job.tasks.find(isQuantized)?.source ?? job.base;
    this.#count = any ? elementCount(any.shape) : 0;
    this.#spanElements = job.resident ? this.#count : Math.min(this.#count, SPAN_ELEMENTS);
  }

  async run(): Promise<JobReport> {
    const quantized = this.job.tasks.filter(isQuantized);
    if (this.job.analyze) return this.#analyze(quantized);
    const [base, checksums] = quantized.length > 0 ? await this.#quantizeTasks(quantized) : [undefined, []];
    const baseRaw = this.job.base && new RawTensor(this.context, this.job.base);
    const taskChecksums: (string | undefined)[] = [];
    for (const task of this.job.tasks) {
      const number = (quantized as readonly TaskTensor[]).indexOf(task);
      taskChecksums.push(number >= 0 ? checksums[number] : await this.#storeExactly(task, baseRaw));
    }
    return { checksums: [base ?? (await baseRaw?.checksum()), ...taskChecksums], warnings: this.#warnings };
  }

  async #analyze(tasks: readonly QuantizedTask[]): Promise<JobReport> {
    const analyses: TensorAnalysis[] = [];
    if (tasks.length > 0) {
      const { base, tuned, scratch } = this.#open(tasks);
      for (const [i, task] of tasks.entries()) {
        const values = await this.#prune(
          this.#valuesOf(tuned[i] as TensorInput, tuned[i + 1], base, undefined),
          scratch,
        );
        analyses.push(await this.#analyzeTask(task, values, scratch));
      }
    }
    return { checksums: [], warnings: [], analyses };
  }

  #analyzeTask({ coding, output }: QuantizedTask, values: Values, scratch: EncoderMemory) {
    const { resident, analyze: steps = [] } = this.job;
    const tensor = { task: output, count: this.#count, resident };
    switch (coding.codec) {
      case 'affine':
        return analyzeAffine(this.context, scratch, tensor, values);
      case 'codebook':
        return analyzeCodebook(this.context, scratch as CodebookMemory, tensor, coding, values);
      case 'entropy':
        return analyzeTensor(this.context, scratch, { ...tensor, steps }, values);
    }
  }

  /** Inputs of the tensors that are quantized, and working memory. */
  #open(tasks: readonly QuantizedTask[]) {
    const { job, memory, context } = this;
    const base = job.base && this.#input(job.base);
    const regions = Array.from({ length: tunedInMemory(job, tasks.length) }, () =>
      memory.alloc(
        Math.max(...tasks.map(({ source }) => inputBytes((source as Source).dtype, this.#spanElements))),
      ),
    );
    const tuned = tasks.map(
      ({ source }, i) =>
        new TensorInput(context, source as TensorSource, regions[i % regions.length] as Region),
    );
    const { chunk } = context.backend;
    const plain = encoderMemory(memory, chunk, this.#spanElements, widestCodes(job));
    const scratch = tasks.some(hasCodebook)
      ? codebookMemory(memory, plain, chunk, this.#spanElements)
      : plain;
    return { base, tuned, scratch };
  }

  /** @returns the checksums of the base's tensor and of each task's */
  async #quantizeTasks(tasks: readonly QuantizedTask[]): Promise<[string | undefined, string[]]> {
    const { job, context } = this;
    const { base, tuned, scratch } = this.#open(tasks);
    const shared =
      base && job.sharedBits !== undefined ? await this.#encodeShared(base, tuned, scratch) : undefined;

    const checksums: string[] = [];
    for (const [i, task] of tasks.entries()) {
      const input = tuned[i] as TensorInput;
      const values = await this.#prune(
        this.#valuesOf(input, tuned[i + 1], shared ?? base, shared?.energyOf(i)),
        scratch,
      );
      const outcome = await this.#quantizeTask(task, input, values, scratch);
      await context.emit({ type: 'end', output: task.output, outcome });
      checksums.push(input.checksum);
    }
    return [base?.checksum, checksums];
  }

  async #encodeShared(
    base: TensorInput,
    tuned: TensorInput[],
    scratch: EncoderMemory,
  ): Promise<SharedVector | undefined> {
    const { job, context, memory } = this;
    const tensor = { count: this.#count, resident: job.resident, bits: job.sharedBits as number };
    const shared = new SharedVector(context, scratch, memory, base, tuned, tensor);
    const { outcome, usable } = await shared.encode();
    await context.emit({ type: 'end', output: 0, outcome });
    return usable ? shared : undefined;
  }

  /** tuned − reference, which is the base model, the base model with the shared vector, or nothing. */
  #valuesOf(
    input: TensorInput,
    next: TensorInput | undefined,
    reference: TensorInput | SharedVector | undefined,
    energy: number | undefined,
  ): Values {
    const { backend } = this.context;
    return {
      load: async span => {
        const reading = input.load(span);
        await reference?.load(span);
        await reading;
        // Read ahead; a failure shows when it is awaited.
        if (this.job.resident) void next?.load(span).catch(() => undefined);
      },
      chunk: ({ first, count }, out) =>
        backend.deltaMinmax(input.slice(first), reference?.slice(first), out, count),
      energy,
    };
  }

  #prune(values: Values, scratch: EncoderMemory): Promise<Values> {
    const { prune: share, resident } = this.job;
    return pruned(this.context, scratch, { count: this.#count, resident, share }, values);
  }

  async #quantizeTask(
    task: QuantizedTask,
    input: TensorInput,
    values: Values,
    scratch: EncoderMemory,
  ): Promise<RecordOutcome> {
    const { coding } = task;
    switch (coding.codec) {
      case 'affine':
        return this.#quantizeAffine(task, coding.bits, input, values, scratch);
      case 'codebook':
        return this.#quantizeCodebook(task, coding, input, values, scratch as CodebookMemory);
      case 'entropy':
        return this.#quantizeEntropy(task, coding, input, values, scratch);
    }
  }

  async #quantizeAffine(
    task: QuantizedTask,
    bits: number,
    input: TensorInput,
    values: Values,
    scratch: EncoderMemory,
  ): Promise<RecordOutcome> {
    const { context, job } = this;
    const decision = decide(await extentOf(context, this.#count, job.resident, values), bits);
    if (decision.kind === 'constant') return withoutPayload('constant', decision.value);
    if (decision.kind === 'unquantizable') return this.#storeUnquantizable(task, input);
    const tensor = {
      count: this.#count,
      resident: job.resident,
      output: task.output,
      affine: decision.affine,
    };
    return emitCodes(context, scratch, tensor, false, values);
  }

  async #quantizeCodebook(
    task: QuantizedTask,
    coding: CodebookCoding,
    input: TensorInput,
    values: Values,
    scratch: CodebookMemory,
  ): Promise<RecordOutcome> {
    const { resident, reconstruction } = this.job;
    const job = { count: this.#count, resident, output: task.output, coding, reconstruction };
    const encoder = new CodebookEncoder(this.context, scratch, job, values);
    const range = await encoder.range();
    const { min, max, finite } = range.extent;
    if (!finite) return this.#storeUnquantizable(task, input);
    if (min === max) return withoutPayload('constant', min);
    const unit = encoder.unitOf(range);
    return unit === undefined ? this.#storeUnquantizable(task, input) : encoder.emit(unit);
  }

  async #quantizeEntropy(
    task: QuantizedTask,
    coding: EntropyCoding,
    input: TensorInput,
    values: Values,
    scratch: EncoderMemory,
  ): Promise<RecordOutcome> {
    const { tensor, resident, reconstruction } = this.job;
    const { output } = task;
    const job = { tensor, count: this.#count, resident, output, coding, reconstruction };
    const encoder = new EntropyEncoder(this.context, scratch, job, values);
    const found = await encoder.measure();
    const { min, max, finite } = found.extent;
    if (!finite) return this.#storeUnquantizable(task, input);
    return min === max ? withoutPayload('constant', min) : encoder.emit(found);
  }

  #storeUnquantizable(task: TaskTensor, input: TensorInput): Promise<RecordOutcome> {
    this.#warnings.push(
      `${input.source.file}: tensor "${this.job.tensor}" has NaN, infinite or barely differing values; it is stored exactly`,
    );
    return new RawTensor(this.context, input.source).emitExact(this.context.emit, task.output);
  }

  /** @returns the checksum of the source, when there is one */
  async #storeExactly(task: TaskTensor, base: RawTensor | undefined): Promise<string | undefined> {
    const { context } = this;
    let outcome = withoutPayload('absent');
    let checksum: string | undefined;
    if (task.source) {
      const raw = new RawTensor(context, task.source);
      checksum = await raw.checksum();
      outcome =
        base && (await raw.equals(base))
          ? withoutPayload('same')
          : await raw.emitExact(context.emit, task.output);
    }
    await context.emit({ type: 'end', output: task.output, outcome });
    return checksum;
  }

  #input(source: TensorSource): TensorInput {
    const region = this.memory.alloc(inputBytes(source.dtype as QuantizableDtype, this.#spanElements));
    return new TensorInput(this.context, source, region);
  }
}
