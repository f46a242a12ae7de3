/** Quantizes one tensor of every checkpoint and emits what comes of it. */
import type { JobContext, RecordOutcome } from '../scheduler/job.ts';
import { withoutPayload } from '../codecs/codec.ts';
import { codecOf } from '../codecs/registry.ts';
import { RawTensor } from '../tensors/rawTensor.ts';
import { isQuantized, type QuantizedTask, type QuantizeJob, type TaskTensor } from './job.ts';
import { JobInputs } from './jobInputs.ts';
import type { QuantizeMemory } from './quantizeMemory.ts';
import type { SharedVector } from './sharedVector.ts';
import type { Unfit } from './unfit.ts';
import type { QuantizeReport } from './quantizeReport.ts';

export class QuantizeRun {
  readonly #unfit: Unfit[] = [];
  readonly #baseRaw: RawTensor | undefined;
  readonly #inputs: JobInputs | undefined;

  private constructor(
    private readonly job: QuantizeJob,
    private readonly context: JobContext,
    memory: QuantizeMemory | undefined,
  ) {
    this.#baseRaw = job.base && new RawTensor(context, job.base);
    this.#inputs = memory && job.tasks.some(isQuantized) ? new JobInputs(job, context, memory) : undefined;
  }

  /** Emits outputs in their order: the file tells payloads apart by it. */
  static async run(
    job: QuantizeJob,
    context: JobContext,
    memory: QuantizeMemory | undefined,
  ): Promise<QuantizeReport> {
    return new QuantizeRun(await withoutEqual(job, context), context, memory).#run();
  }

  async #run(): Promise<QuantizeReport> {
    const { job, context } = this;
    const inputs = this.#inputs;
    const shared = await this.#encodeShared();
    const checksums: (string | undefined)[] = [];
    for (const task of job.tasks) {
      const quantized = inputs && isQuantized(task);
      checksums.push(
        quantized ? await this.#storeQuantized(task, inputs, shared) : await this.#storeExactly(task),
      );
    }
    const identified = job.identified && new RawTensor(context, job.identified);
    const base = inputs?.base?.checksum(context) ?? (await (this.#baseRaw ?? identified)?.checksum());
    if (!inputs && this.#baseRaw && (await this.#baseRaw.notNumbers()).nan) this.#noteBase();
    return { checksums: [base, ...checksums], warnings: [], unfit: this.#unfit };
  }

  /** @returns the checksum of the source */
  async #storeQuantized(
    task: QuantizedTask,
    inputs: JobInputs,
    shared: SharedVector | undefined,
  ): Promise<string> {
    const values = await inputs.valuesOf(task, shared);
    const { tensor, resident, reconstruction } = this.job;
    const { coding, output } = task;
    const { count, scratch } = inputs;
    const encoding = { tensor, count, resident, whole: resident, output, coding, reconstruction };
    const outcome =
      (await codecOf(coding).quantize(this.context, scratch, encoding, values)) ??
      (await this.#storeUnquantizable(task));
    await this.context.emit({ type: 'end', output, outcome });
    return inputs.tunedOf(task).checksum(this.context);
  }

  async #encodeShared(): Promise<SharedVector | undefined> {
    const { job, context } = this;
    const shared = this.#inputs?.shared;
    if (!job.shared) return undefined;
    // Where every task is the base's tensor, so is their mean.
    const { outcome, usable } = (await shared?.encode(job.shared)) ?? {
      outcome: withoutPayload('constant'),
      usable: false,
    };
    await context.emit({ type: 'end', output: 0, outcome });
    return usable ? shared : undefined;
  }

  async #storeUnquantizable({
    source,
    output,
  }: Pick<QuantizedTask, 'source' | 'output'>): Promise<RecordOutcome> {
    const raw = new RawTensor(this.context, source);
    const [own, base] = [await raw.notNumbers(), await this.#baseRaw?.notNumbers()];
    if (own.nan || own.infinite) this.#unfit.push({ output, why: 'nonFinite' });
    else if (base?.nan || base?.infinite) this.#noteBase();
    else this.#unfit.push({ output, why: 'range' });
    return raw.emitExact(this.context.emit, output);
  }

  /** Says once that the base's tensor holds NaN or infinity. */
  #noteBase(): void {
    if (this.#unfit.every(({ output }) => output !== undefined))
      this.#unfit.push({ output: undefined, why: 'nonFinite' });
  }

  /** @returns the checksum of the source, when there is one */
  async #storeExactly(task: TaskTensor): Promise<string | undefined> {
    const { context } = this;
    const base = this.#baseRaw;
    const { output } = task;
    let outcome = withoutPayload('absent');
    let checksum: string | undefined;
    if (task.source) {
      const raw = new RawTensor(context, task.source);
      checksum = await raw.checksum();
      const same = base !== undefined && (await raw.equals(base));
      const { nan, infinite } = await raw.notNumbers();
      // Infinity that is also in the base is a mask, as in older attention layers.
      if (nan || (infinite && !same)) this.#unfit.push({ output, why: 'nonFinite' });
      outcome = same ? withoutPayload('same') : await raw.emitExact(context.emit, output);
    }
    await context.emit({ type: 'end', output: task.output, outcome });
    return checksum;
  }
}

/**
 * The job with tensors that equal the base's, bit for bit, left as they are: differences of zero would restore it
 * except for subnormal numbers and the sign of zero, and an offset from a shared vector would cost bits.
 */
async function withoutEqual(job: QuantizeJob, context: JobContext): Promise<QuantizeJob> {
  if (!job.base) return job;
  const base = new RawTensor(context, job.base);
  const tasks: TaskTensor[] = [];
  for (const task of job.tasks) {
    const same = isQuantized(task) && (await new RawTensor(context, task.source).equals(base));
    tasks.push(same ? { ...task, coding: undefined } : task);
  }
  return { ...job, tasks };
}
