/** Quantizes one tensor of every checkpoint and emits what comes of it. */
import type { ItemContext, RecordOutcome } from '../scheduler/item.ts';
import { withoutPayload } from '../codecs/codec.ts';
import { codecOf } from '../codecs/registry.ts';
import { RawTensor } from '../tensors/rawTensor.ts';
import { isQuantized, type QuantizedTask, type QuantizeItem, type TaskTensor } from './item.ts';
import { ItemInputs } from './itemInputs.ts';
import type { QuantizeMemory } from './quantizeMemory.ts';
import type { SharedVector } from './sharedVector.ts';
import type { Unfit } from './unfit.ts';
import type { QuantizeReport } from './quantizeReport.ts';

export class QuantizeRun {
  readonly #unfit: Unfit[] = [];
  readonly #baseRaw: RawTensor | undefined;
  readonly #inputs: ItemInputs | undefined;

  private constructor(
    private readonly item: QuantizeItem,
    private readonly context: ItemContext,
    memory: QuantizeMemory | undefined,
  ) {
    this.#baseRaw = item.base && new RawTensor(context, item.base);
    this.#inputs = memory && item.tasks.some(isQuantized) ? new ItemInputs(item, context, memory) : undefined;
  }

  /** Emits outputs in their order: the file tells payloads apart by it. */
  static async run(
    item: QuantizeItem,
    context: ItemContext,
    memory: QuantizeMemory | undefined,
  ): Promise<QuantizeReport> {
    return new QuantizeRun(await withoutEqual(item, context), context, memory).#run();
  }

  async #run(): Promise<QuantizeReport> {
    const { item, context } = this;
    const inputs = this.#inputs;
    const shared = await this.#encodeShared();
    const checksums: (string | undefined)[] = [];
    for (const task of item.tasks) {
      const quantized = inputs && isQuantized(task);
      checksums.push(
        quantized ? await this.#storeQuantized(task, inputs, shared) : await this.#storeExactly(task),
      );
    }
    const identified = item.identified && new RawTensor(context, item.identified);
    const base = inputs?.base?.checksum(context) ?? (await (this.#baseRaw ?? identified)?.checksum());
    if (!inputs && this.#baseRaw && (await this.#baseRaw.notNumbers()).nan) this.#noteBase();
    return { checksums: [base, ...checksums], warnings: [], unfit: this.#unfit };
  }

  /** @returns the checksum of the source */
  async #storeQuantized(
    task: QuantizedTask,
    inputs: ItemInputs,
    shared: SharedVector | undefined,
  ): Promise<string> {
    const values = await inputs.valuesOf(task, shared);
    const { tensor, resident, reconstruction } = this.item;
    const { coding, output } = task;
    const { count, scratch } = inputs;
    const { source } = task;
    const encoding = { tensor, source, count, resident, whole: resident, output, coding, reconstruction };
    const outcome =
      (await codecOf(coding).quantize(this.context, scratch, encoding, values)) ??
      (await this.#storeUnquantizable(task));
    await this.context.emit({ type: 'end', output, outcome });
    return inputs.tunedOf(task).checksum(this.context);
  }

  async #encodeShared(): Promise<SharedVector | undefined> {
    const { item, context } = this;
    const shared = this.#inputs?.shared;
    if (!item.shared) return undefined;
    // Where every task is the base's tensor, so is their mean.
    const { outcome, usable } = (await shared?.encode(item.shared)) ?? {
      outcome: withoutPayload('constant'),
      usable: false,
    };
    await context.emit({ type: 'end', output: 0, outcome });
    return usable ? shared : undefined;
  }

  async #storeUnquantizable({ source, output, coding }: QuantizedTask): Promise<RecordOutcome> {
    const raw = new RawTensor(this.context, source);
    const [own, base] = [await raw.notNumbers(), await this.#baseRaw?.notNumbers()];
    if (own.nan || own.infinite) this.#unfit.push({ output, why: 'nonFinite' });
    else if (base?.nan || base?.infinite) this.#noteBase();
    else this.#unfit.push({ output, why: coding.codec === 'ratio' ? 'ratio' : 'range' });
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
 * The item with tensors that equal the base's, bit for bit, left as they are: differences of zero would restore it
 * except for subnormal numbers and the sign of zero, and an offset from a shared vector would cost bits.
 */
async function withoutEqual(item: QuantizeItem, context: ItemContext): Promise<QuantizeItem> {
  if (!item.base) return item;
  const base = new RawTensor(context, item.base);
  const tasks: TaskTensor[] = [];
  for (const task of item.tasks) {
    const same = isQuantized(task) && (await new RawTensor(context, task.source).equals(base));
    tasks.push(same ? { ...task, coding: undefined } : task);
  }
  return { ...item, tasks };
}
