/** Measures what the choices for one tensor of every checkpoint would cost. */
import type { ItemContext } from '../scheduler/item.ts';
import { choiceOf, measureLattices } from '../codecs/entropy/entropyAnalysis.ts';
import type { EntropyCoding } from '../codecs/entropy/lattice.ts';
import { exactChoice, factorsOf } from '../codecs/factors/factors.ts';
import { isMeasurable, type Offer } from '../codecs/measured.ts';
import { codecOf, type MeasuredChoice, type TensorAnalysis } from '../codecs/registry.ts';
import {
  isQuantized,
  type MeasuredSteps,
  type Measuring,
  type QuantizedTask,
  type QuantizeItem,
} from './item.ts';
import { ItemInputs } from './itemInputs.ts';
import type { QuantizeMemory } from './quantizeMemory.ts';
import type { SharedVector } from './sharedVector.ts';
import type { Values } from '../codecs/values.ts';
import type { QuantizeReport } from './quantizeReport.ts';

/** A step finer than this part of the values' root mean square has no codes for the largest of them. */
const FINEST = 1 / 32;

/**
 * Possible steps for a tensor of the shared vector. Offsets have to correct its error: a step far below their own size
 * gains nothing, one far above all sizes leaves everything to them.
 * @param shared root mean square of the shared vector, `beside` that of the offsets
 */
function sharedSteps(shared: number, beside: number): readonly number[] {
  const fine = Math.max(beside / 2, shared * FINEST);
  const coarse = 2 * Math.max(beside, shared);
  return [fine, Math.sqrt(fine * coarse), coarse];
}

export class AnalyzeRun {
  readonly #inputs: ItemInputs;
  readonly #tasks: readonly QuantizedTask[];

  /** @param item has a quantized tensor at least */
  constructor(
    private readonly item: QuantizeItem,
    private readonly context: ItemContext,
    memory: QuantizeMemory,
  ) {
    this.#inputs = new ItemInputs(item, context, memory);
    this.#tasks = item.tasks.filter(isQuantized);
  }

  async run(measuring: Measuring): Promise<QuantizeReport> {
    return { checksums: [], warnings: [], analyses: await this.#measureWhat(measuring) };
  }

  async #measureWhat(measuring: Measuring): Promise<readonly TensorAnalysis[]> {
    switch (measuring) {
      case 'all':
        return this.#measureAll();
      case 'shared':
        return this.#measureMean();
      default:
        return this.#measureBetween(measuring);
    }
  }

  async #measureMean(): Promise<TensorAnalysis[]> {
    const { shared, count, scratch } = this.#inputs;
    if (!shared) return [];
    const tensor = { output: 0, count, resident: this.item.resident };
    return [await measureLattices(this.context, scratch, tensor, shared.mean(), { offer: 'all' })];
  }

  async #measureAll(): Promise<readonly TensorAnalysis[]> {
    const { shared } = this.#inputs;
    const found = shared && (await this.#measureShared(shared));
    return found ?? this.#measureTasks(this.#tasks, undefined, 'all');
  }

  async #measureBetween({ output, steps, shared: coding }: MeasuredSteps) {
    const { shared } = this.#inputs;
    if (shared && coding?.codec === 'entropy') {
      await shared.range();
      await shared.quantize(coding);
    }
    const only = this.#tasks.filter(task => task.output === output);
    return this.#measureTasks(only, coding && shared, steps);
  }

  /**
   * The shared vector's choices, and the tasks' choices given each of them; undefined if there are none, because the
   * mean is constant, not finite, or negligible next to the offsets.
   */
  async #measureShared(shared: SharedVector): Promise<TensorAnalysis[] | undefined> {
    const { count } = this.#inputs;
    const { extent, energy } = await shared.range();
    if (!extent.finite || extent.min === extent.max) return undefined;
    const energies = this.#tasks.map((_, task) => shared.energyOf(task));
    // Offsets are the task vectors' differences from their mean.
    const beside = energies.reduce((sum, one) => sum + one, 0) / energies.length - energy;
    const rms = (squares: number): number => Math.sqrt(Math.max(squares, 0) / count);

    const choices: MeasuredChoice[] = [];
    const given: (readonly TensorAnalysis[])[] = [];
    for (const step of sharedSteps(rms(energy), rms(beside))) {
      const coding: EntropyCoding = { codec: 'entropy', step, bytes: 0 };
      const found = await shared.quantize(coding);
      const choice = found && choiceOf(step, 1, found.sums, found.counts, count);
      if (!choice) continue;
      const measured = await this.#measureTasks(this.#tasks, shared, 'given');
      given.push(measured.map(one => ({ ...one, choices: one.choices.map(withShared(choices.length)) })));
      choices.push(choice);
    }
    const [first] = given;
    if (!first) return undefined;
    const tasks = first.map((one, i) => ({ ...one, choices: given.flatMap(all => all[i]?.choices ?? []) }));
    return [{ output: 0, elements: count, energy, ...extent, choices }, ...tasks];
  }

  async #measureTasks(
    tasks: readonly QuantizedTask[],
    shared: SharedVector | undefined,
    offer: Offer,
  ): Promise<TensorAnalysis[]> {
    const analyses: TensorAnalysis[] = [];
    for (const task of tasks) {
      analyses.push(await this.#measure(task, await this.#inputs.valuesOf(task, shared), offer));
    }
    return analyses;
  }

  async #measure(task: QuantizedTask, values: Values, offer: Offer): Promise<TensorAnalysis> {
    const { coding, output } = task;
    const { count, scratch } = this.#inputs;
    const tensor = { output, count, resident: this.item.resident };
    const measured = await codecOf(coding).measure(this.context, scratch, tensor, values, { coding, offer });
    // What cannot be weighed is stored exactly.
    const found = isMeasurable(measured) ? measured : { ...measured, finite: false, choices: [] };
    return offer === 'all' ? this.#withFactors(task, found) : found;
  }

  /** With an adapter's own factors among the choices. */
  #withFactors({ source }: QuantizedTask, found: TensorAnalysis): TensorAnalysis {
    const { base, prune } = this.item;
    const coding = prune > 0 ? undefined : factorsOf(source, base);
    if (!coding || found.choices.length === 0) return found;
    return { ...found, choices: [...found.choices, exactChoice(coding)].sort((a, b) => b.bytes - a.bytes) };
  }
}

const withShared =
  (given: number) =>
  (choice: MeasuredChoice): MeasuredChoice => ({ ...choice, given });
