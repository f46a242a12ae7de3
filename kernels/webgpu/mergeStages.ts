/** The merge stages of the WebGPU backend that go value by value, and those that add up. */
import type { Region } from '../memory.ts';
import { flushedBits } from '../ftz.ts';
import * as checks from '../mergeChecks.ts';
import {
  RADIX_LEVELS,
  type MergeStages,
  type Products,
  type SignCounts,
  type TaskComparison,
} from '../mergeStages.ts';
import { WebGpuDropStages } from './dropStages.ts';
import type { Binding } from './runner.ts';
import type { Stage } from './sources.ts';
import { blocksOf, tilesOf, values } from './windows.ts';

/** Bytes of the largest level's counts. */
export const HISTOGRAM_BYTES = 4 * 2 ** RADIX_LEVELS[0].bits;

/** Bytes of a block's sums. */
export const SUM_BYTES = 16;

const TALLY_BYTES = 8;

/** Constants of the stages that begin a sum, or add to it. */
const begin = (first: boolean): Record<string, number> => ({ FIRST: first ? 1 : 0 });

export abstract class WebGpuMergeStages extends WebGpuDropStages implements MergeStages {
  async axpy(sum: Region, x: Region, weight: number, first: boolean, count: number): Promise<void> {
    checks.checkValues(this.chunk, count, [sum], [x]);
    await this.each('axpy', count, [sum, x], begin(first), flushedBits(weight));
  }

  async magnitudeHistogram(x: Region, level: 0 | 1 | 2, prefix: number, count: number): Promise<Uint32Array> {
    checks.checkHistogram(this.chunk, x, level, prefix, count);
    const { shift, bits } = RADIX_LEVELS[level];
    const bytes = 4 * 2 ** bits;
    if (count === 0) return new Uint32Array(bytes / 4);
    const found = await this.runner.run({
      stage: 'magnitude_histogram',
      constants: {},
      params: Uint32Array.of(count, shift, bits, prefix),
      bindings: [{ memory: this.runner.results, bytes }, values(x, count)],
      groups: blocksOf(count),
      clear: bytes,
      result: bytes,
    });
    return new Uint32Array(found.buffer, found.byteOffset, bytes / 4);
  }

  async trim(x: Region, threshold: number, count: number): Promise<number> {
    checks.checkTrim(this.chunk, x, threshold, count);
    const [left] = await this.tally('trim', count, [x], {}, Uint32Array.of(threshold));
    return left;
  }

  async signCounts(x: Region, count: number): Promise<SignCounts> {
    checks.checkValues(this.chunk, count, [], [x]);
    const [positive, negative] = await this.tally('sign_counts', count, [x]);
    return { positive, negative };
  }

  async disjointSum(
    total: Region,
    x: Region,
    zeroSign: number,
    weight: number,
    sum: Region,
    share: Region,
    first: boolean,
    count: number,
  ): Promise<void> {
    checks.checkValues(this.chunk, count, [sum, share], [total, x]);
    const params = flushedBits(Math.sign(zeroSign), weight);
    await this.each('disjoint_sum', count, [total, x, sum, share], begin(first), params);
  }

  async quotient(x: Region, share: Region, least: number, count: number): Promise<void> {
    checks.checkQuotient(this.chunk, x, share, least, count);
    await this.each('quotient', count, [x, share], {}, flushedBits(least));
  }

  async maxMagnitude(best: Region, x: Region, first: boolean, count: number): Promise<void> {
    checks.checkValues(this.chunk, count, [best], [x]);
    await this.each('max_magnitude', count, [best, x], begin(first));
  }

  async consensusVote(
    total: Region,
    x: Region,
    lambda: number,
    votes: Region,
    first: boolean,
    count: number,
  ): Promise<void> {
    checks.checkConsensusVote(this.chunk, total, x, lambda, votes, count);
    await this.each('consensus_vote', count, [total, x, votes], begin(first), flushedBits(lambda));
  }

  async keepVoted(x: Region, votes: Region, least: number, count: number): Promise<number> {
    checks.checkValues(this.chunk, count, [x], [votes]);
    const [left] = await this.tally('keep_voted', count, [x, votes], {}, flushedBits(least));
    return left;
  }

  async unify(total: Region, x: Region, unified: Region, first: boolean, count: number): Promise<void> {
    checks.checkValues(this.chunk, count, [unified], [total, x]);
    await this.each('unify', count, [total, x, unified], begin(first));
  }

  async maskBySign(x: Region, unified: Region, out: Region, count: number): Promise<void> {
    checks.checkValues(this.chunk, count, [out], [x, unified]);
    await this.each('mask_by_sign', count, [x, unified, out]);
  }

  async compareTask(
    delta: Region,
    x: Region,
    flags: Region,
    first: boolean,
    count: number,
    before: Pick<TaskComparison, 'product' | 'energy'> = { product: 0, energy: 0 },
  ): Promise<TaskComparison> {
    checks.checkValues(this.chunk, count, [flags], [delta, x]);
    const bindings = [values(delta, count), values(x, count), values(flags, count)];
    const constants = begin(first);
    const sums = await this.blockSums({ stage: 'compare_task', constants, count, bindings, width: 4 });
    let [{ product, energy }, both, any] = [before, 0, 0];
    for (let i = 0; i < sums.length; i += 4) {
      product += sums[i] ?? 0;
      energy += sums[i + 1] ?? 0;
      both += sums[i + 2] ?? 0;
      any += sums[i + 3] ?? 0;
    }
    return { product, energy, both, any };
  }

  async products(
    x: Region,
    y: Region,
    count: number,
    before: Products = { xy: 0, xx: 0, yy: 0 },
  ): Promise<Products> {
    checks.checkValues(this.chunk, count, [], [x, y]);
    const bindings = [values(x, count), values(y, count)];
    const sums = await this.blockSums({ stage: 'products', count, bindings, width: 4 });
    let { xy, xx, yy } = before;
    for (let i = 0; i < sums.length; i += 4) {
      xy += sums[i] ?? 0;
      xx += sums[i + 1] ?? 0;
      yy += sums[i + 2] ?? 0;
    }
    return { xy, xx, yy };
  }

  async absSum(x: Region, count: number, before = 0): Promise<number> {
    checks.checkValues(this.chunk, count, [], [x]);
    const bindings = [values(x, count)];
    const sums = await this.blockSums({ stage: 'abs_sum', count, bindings, width: 1 });
    return sums.reduce((sum, block) => sum + block, before);
  }

  /** A stage whose invocations take one value of each region at a time; `params` follow the count. */
  protected async each(
    stage: Stage,
    count: number,
    regions: readonly Region[],
    constants: Readonly<Record<string, number>> = {},
    params: Uint32Array = new Uint32Array(),
  ): Promise<void> {
    if (count === 0) return;
    await this.runner.run({
      stage,
      constants,
      params: Uint32Array.of(count, ...params),
      bindings: regions.map(region => values(region, count)),
      groups: tilesOf(count),
    });
  }

  /** The same for a stage with the two counts of tally.wgsl. */
  private tally(
    stage: Stage,
    count: number,
    regions: readonly Region[],
    constants: Readonly<Record<string, number>> = {},
    params: Uint32Array = new Uint32Array(),
  ): Promise<[number, number]> {
    const bindings = regions.map(region => values(region, count));
    return this.tallyOf({ stage, count, constants, params: [...params], bindings });
  }

  /** The two counts of a stage with tally.wgsl; `params` follow the count, `bindings` the counts. */
  protected async tallyOf(work: {
    readonly stage: Stage;
    readonly count: number;
    readonly constants: Readonly<Record<string, number>>;
    readonly params: readonly number[];
    readonly bindings: readonly Binding[];
  }): Promise<[number, number]> {
    const { stage, count, constants, params, bindings } = work;
    if (count === 0) return [0, 0];
    const found = await this.runner.run({
      stage,
      constants,
      params: Uint32Array.of(count, ...params),
      bindings: [{ memory: this.runner.results, bytes: TALLY_BYTES }, ...bindings],
      groups: tilesOf(count),
      clear: TALLY_BYTES,
      result: TALLY_BYTES,
    });
    const [first = 0, second = 0] = new Uint32Array(found.buffer, found.byteOffset, 2);
    return [first, second];
  }

  /** The sums of all blocks by a stage that writes `width` float32 for each, behind its other bindings; its
   * parameters begin with the count and the number of blocks. */
  protected async blockSums(work: {
    readonly stage: Stage;
    readonly constants?: Readonly<Record<string, number>>;
    readonly count: number;
    readonly params?: readonly number[];
    readonly table?: Float32Array<ArrayBuffer>;
    readonly bindings: readonly Binding[];
    readonly width: number;
  }): Promise<Float32Array> {
    const { stage, constants = {}, count, params = [], table, bindings, width } = work;
    if (count === 0) return new Float32Array();
    const blocks = blocksOf(count);
    const bytes = blocks * width * 4;
    const found = await this.runner.run({
      stage,
      constants,
      params: Uint32Array.of(count, blocks, ...params),
      bindings: [...bindings, { memory: this.runner.results, bytes }],
      groups: blocks,
      result: bytes,
      ...(table ? { table } : {}),
    });
    return new Float32Array(found.buffer, found.byteOffset, blocks * width);
  }
}
