import type { Backend, Region } from '../../../kernels/backend.ts';
import type { Products } from '../../../kernels/mergeStages.ts';
import type { TensorStats } from './mergeJob.ts';

const NONE: Products = { xy: 0, xx: 0, yy: 0 };

/** Collects a tensor's numbers for the report, window by window. */
export class StatsSum {
  readonly #products: Products[];
  #moved = 0;
  #conflicts = 0;

  constructor(inputs: number) {
    this.#products = Array.from({ length: inputs }, () => NONE);
  }

  /** Adds a window: `valuesOf(i)` gives the region with input i's values as they were before thinning out. */
  async add(
    backend: Backend,
    merged: Region,
    flags: Region,
    count: number,
    valuesOf: (input: number) => Promise<Region>,
  ): Promise<void> {
    let [both, any] = [0, 0];
    for (const i of this.#products.keys()) {
      const x = await valuesOf(i);
      this.#products[i] = await backend.products(merged, x, count, this.#products[i]);
      ({ both, any } = await backend.signFlags(flags, x, i === 0, count));
    }
    this.#conflicts += both;
    this.#moved += any;
  }

  result(): TensorStats {
    return {
      merged: this.#products[0]?.xx ?? 0,
      inputs: this.#products.map(({ yy }) => yy),
      products: this.#products.map(({ xy }) => xy),
      moved: this.#moved,
      conflicts: this.#conflicts,
    };
  }
}
