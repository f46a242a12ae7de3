import type { Region } from '../../../../kernels/memory.ts';
import type { Span } from '../../tensors/tensorInput.ts';
import { raiseToZero } from '../../tensors/raiseToZero.ts';
import { combineLinear, combineSelective } from '../math/combine.ts';
import { coefficientsOf, thinningOf, wholeTensor, type WholeTensor } from './measure.ts';
import type { Shares, TensorWay } from './mergeItem.ts';
import type { Passes, Thinning } from './passes.ts';
import { place } from '../math/sparsify.ts';
import type { Window } from '../../tensors/windows.ts';

/** Merges a tensor's windows, once everything it needs is measured. */
export class Merging {
  #raised = 0;

  private constructor(
    readonly passes: Passes,
    private readonly coefficients: readonly number[] | undefined,
    private readonly whole: WholeTensor | undefined,
    private readonly thinning: Thinning,
  ) {}

  static async prepare(passes: Passes): Promise<Merging> {
    const coefficients = await coefficientsOf(passes);
    const whole = await wholeTensor(passes);
    return new Merging(passes, coefficients, whole, await thinningOf(passes));
  }

  /** Variances below 0 that were set to 0 so far. */
  get raised(): number {
    return this.#raised;
  }

  /** Weights kept of each input, where the whole tensor is merged at once. */
  get kept(): readonly number[] | undefined {
    return this.whole?.kept;
  }

  /** Merges what is in `xs`. @returns the merged vector; of emr, that of one output's task */
  async combine(window: Window, span: Span, output: number): Promise<Region> {
    const { item, context, memory, weights } = this.passes;
    const { xs, merged, b } = memory;
    const { count } = window;
    await this.passes.thin(window, span, this.thinning);
    if (item.way.kind === 'statistics') await this.#average(item.way, window, output);
    else if (this.coefficients) await combineLinear(context.backend, xs, this.coefficients, merged, count);
    else if (this.whole) await this.#place(this.whole.values, span.first + window.first, count);
    else await combineSelective(context.backend, item, memory, weights, count);
    if (item.way.kind !== 'selective' || item.way.combine !== 'emr') return merged;
    await context.backend.maskBySign(xs[output] as Region, merged, b, count);
    return b;
  }

  /** What an output's merged vector is multiplied by. */
  scaleOf(output: number): number {
    const { way, scale } = this.passes.item;
    return way.kind === 'selective' && way.rescalers ? scale * (way.rescalers[output] as number) : scale;
  }

  /**
   * Δ = merged − base of a merged vector, as it is added to the base: a scaled copy of a task vector in `a`; of a whole
   * model, the difference in its place, with the base left in `decoding`.
   */
  async delta(window: Window, vector: Region, scale: number): Promise<Region> {
    const { item, context, memory } = this.passes;
    if (item.wanted === 'models') {
      const base = await this.passes.decodeBase(window);
      await context.backend.axpy(vector, base, -1, false, window.count);
      return vector;
    }
    await context.backend.axpy(memory.a, vector, scale, true, window.count);
    return memory.a;
  }

  /** Δ of a window of an output, from the beginning. */
  async deltaOf(window: Window, span: Span, output: number): Promise<Region> {
    await this.passes.enter(window, span);
    return this.delta(window, await this.combine(window, span, output), this.scaleOf(output));
  }

  /** The mean of the models by an output's shares. Quantized or damaged variances, and their mean, may be below 0. */
  async #average(
    { shares, variance }: Extract<TensorWay, { kind: 'statistics' }>,
    window: Window,
    output: number,
  ): Promise<void> {
    const { context, memory } = this.passes;
    const { base, inputs } = shares[output] as Shares;
    await combineLinear(context.backend, memory.xs, inputs, memory.merged, window.count);
    if (base > 0) {
      const decoded = await this.passes.decodeBase(window);
      await context.backend.axpy(memory.merged, decoded, base, false, window.count);
    }
    if (variance) this.#raised += await raiseToZero(context, memory.merged, window.count);
  }

  /** Puts merged values into the window's region. */
  #place(values: Float32Array, first: number, count: number): Promise<void> {
    const { context, memory } = this.passes;
    return place(context.backend, memory.merged, values.subarray(first, first + count));
  }
}
