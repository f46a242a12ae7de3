import type { Backend } from '../../../../kernels/backend.ts';
import type { SquaredError } from '../../../../kernels/stages/quantize_pack/stage.ts';
import type { Region } from '../../../../kernels/memory.ts';
import type { TaskComparison } from '../../../../kernels/stages/compare_task/stage.ts';
import { dropsWeights, type TensorStats } from '../tensor/mergeItem.ts';
import type { Passes } from '../tensor/passes.ts';
import { floatsIn } from '../../tensors/floats.ts';
import type { Window } from '../../tensors/windows.ts';

const NONE: TaskComparison = { product: 0, energy: 0, both: 0, any: 0 };

/** Collects a tensor's numbers for the report, window by window. */
export class StatsSum {
  readonly #comparisons: TaskComparison[];
  #merged = 0;
  readonly #counts: { moved: number; kept: number }[];
  #moved = 0;
  #conflicts = 0;
  #difference: SquaredError | undefined;

  constructor(private readonly passes: Passes) {
    this.#comparisons = passes.item.inputs.map(() => NONE);
    this.#counts = passes.item.inputs.map(() => ({ moved: 0, kept: 0 }));
  }

  /** Counts what is kept of each input; comes right after a window was combined for an output. */
  async addKept(output: number, { count }: Window): Promise<void> {
    const { item, context, memory } = this.passes;
    const { xs, a, b } = memory;
    const { backend } = context;
    const add = (input: number, kept: number) => {
      (this.#counts[input] as { kept: number }).kept += kept;
    };
    if (item.way.kind !== 'selective') return;
    if (item.way.combine === 'emr') return add(output, await nonZero(backend, b, count)); // the task's mask
    for (const [i, x] of xs.entries()) {
      if (item.way.combine === 'consensus') {
        await backend.axpy(a, x, 1, true, count);
        add(i, await backend.keepVoted(a, b, Number(item.values.k), count));
      } else if (item.way.sparsify !== 'none') add(i, await nonZero(backend, x, count));
    }
  }

  /** Adds the difference of a window's delta from that of the same merge in full precision. */
  async addDifference(delta: Region, exact: Region, { count }: Window): Promise<void> {
    const { backend } = this.passes.context;
    const { error, energy } = this.#difference ?? { error: 0, energy: 0 };
    this.#difference = {
      error: await backend.deltaEnergy(floatsIn(delta), floatsIn(exact), count, error),
      energy: await backend.deltaEnergy(floatsIn(exact), undefined, count, energy),
    };
  }

  /**
   * Adds a window with its delta, which is neither in `xs` nor in `b`. Where the inputs are whole models, `decoding` has
   * the base.
   */
  async add(window: Window, delta: Region): Promise<void> {
    const { item, context, memory } = this.passes;
    const { backend } = context;
    const { count } = window;
    const thinned = item.way.kind === 'selective' && item.way.sparsify !== 'none';
    this.#merged = await backend.deltaEnergy(floatsIn(delta), undefined, count, this.#merged);
    let found = NONE;
    for (const [i, x] of memory.xs.entries()) {
      if (thinned) await this.passes.reload(i, window);
      if (item.wanted === 'models') await backend.axpy(x, memory.decoding, -1, false, count);
      found = await backend.compareTask(delta, x, memory.b, i === 0, count, this.#comparisons[i]);
      this.#comparisons[i] = found;
      const counts = this.#counts[i] as { moved: number };
      if (dropsWeights(item.way)) counts.moved += await nonZero(backend, x, count);
    }
    this.#conflicts += found.both;
    this.#moved += found.any;
  }

  /** @param kept by input, where the whole tensor was merged at once */
  result(kept: readonly number[] | undefined): TensorStats {
    const counts = this.#counts.map((count, i) => ({ ...count, kept: kept?.[i] ?? count.kept }));
    return {
      merged: this.#merged,
      inputs: this.#comparisons.map(({ energy }) => energy),
      products: this.#comparisons.map(({ product }) => product),
      moved: this.#moved,
      conflicts: this.#conflicts,
      difference: this.#difference,
      kept: dropsWeights(this.passes.item.way) ? counts : undefined,
    };
  }
}

async function nonZero(backend: Backend, x: Region, count: number): Promise<number> {
  const { positive, negative } = await backend.signCounts(x, count);
  return positive + negative;
}
