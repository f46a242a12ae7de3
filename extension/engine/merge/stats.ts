import type { Backend, Region } from '../../../kernels/backend.ts';
import type { Products } from '../../../kernels/mergeStages.ts';
import { dropsWeights, type TensorStats } from './mergeJob.ts';
import type { Passes } from './passes.ts';
import type { Window } from './windows.ts';

const NONE: Products = { xy: 0, xx: 0, yy: 0 };

/** Collects a tensor's numbers for the report, window by window. */
export class StatsSum {
  readonly #products: Products[];
  readonly #counts: { moved: number; kept: number }[];
  #moved = 0;
  #conflicts = 0;

  constructor(private readonly passes: Passes) {
    this.#products = passes.job.inputs.map(() => NONE);
    this.#counts = passes.job.inputs.map(() => ({ moved: 0, kept: 0 }));
  }

  /** Counts what is kept of each input; comes right after a window was combined for an output. */
  async addKept(output: number, { count }: Window): Promise<void> {
    const { job, context, memory } = this.passes;
    const { xs, a, b } = memory;
    const { backend } = context;
    const add = (input: number, kept: number) => {
      (this.#counts[input] as { kept: number }).kept += kept;
    };
    if (job.way.kind !== 'selective') return;
    if (job.way.combine === 'emr') return add(output, await nonZero(backend, b, count)); // the task's mask
    for (const [i, x] of xs.entries()) {
      if (job.way.combine === 'consensus') {
        await backend.axpy(a, x, 1, true, count);
        add(i, await backend.keepVoted(a, b, Number(job.values.k), count));
      } else if (job.way.sparsify !== 'none') add(i, await nonZero(backend, x, count));
    }
  }

  /**
   * Adds a window.
   * @param delta merged − base; neither in `xs` nor in `b`
   * @param base decoded, where the inputs are whole models
   */
  async add(window: Window, delta: Region, base: Region | undefined): Promise<void> {
    const { job, context, memory } = this.passes;
    const { backend } = context;
    const { count } = window;
    const thinned = job.way.kind === 'selective' && job.way.sparsify !== 'none';
    let [both, any] = [0, 0];
    for (const [i, x] of memory.xs.entries()) {
      if (thinned) await this.passes.reload(i, window);
      if (base) await backend.axpy(x, base, -1, false, count);
      this.#products[i] = await backend.products(delta, x, count, this.#products[i]);
      ({ both, any } = await backend.signFlags(memory.b, x, i === 0, count));
      const counts = this.#counts[i] as { moved: number };
      if (dropsWeights(job.way)) counts.moved += await nonZero(backend, x, count);
    }
    this.#conflicts += both;
    this.#moved += any;
  }

  /** @param kept by input, where the whole tensor was merged at once */
  result(kept: readonly number[] | undefined): TensorStats {
    const counts = this.#counts.map((count, i) => ({ ...count, kept: kept?.[i] ?? count.kept }));
    return {
      merged: this.#products[0]?.xx ?? 0,
      inputs: this.#products.map(({ yy }) => yy),
      products: this.#products.map(({ xy }) => xy),
      moved: this.#moved,
      conflicts: this.#conflicts,
      kept: dropsWeights(this.passes.job.way) ? counts : undefined,
    };
  }
}

async function nonZero(backend: Backend, x: Region, count: number): Promise<number> {
  const { positive, negative } = await backend.signCounts(x, count);
  return positive + negative;
}
