/** The merge stages of the CPU backend. */
import type { ArenaRegion } from './arena.ts';
import type { Region } from './memory.ts';
import { flushed } from './ftz.ts';
import type { Pointer } from './kernelExports.ts';
import * as checks from './mergeChecks.ts';
import {
  MAX_ROW,
  RADIX_LEVELS,
  type MergeStages,
  type Products,
  type RandomStream,
  type Rows,
  type SignCounts,
  type TaskComparison,
} from './mergeStages.ts';
import { SCRATCH, type Kernels } from './wasm.ts';

/** Where a row's keys are sorted: 16 bytes a value, behind the other working memory. */
export const ROW_MEMORY = { at: SCRATCH.size, bytes: 16 * MAX_ROW + 64 } as const;

export const startOf = (region: Region): Pointer => (region as ArenaRegion).address(0);

const rowsAt = ({ region, first }: Rows): Pointer => (region as ArenaRegion).address(first * 4);

/** Every operation is done when its promise is returned; errors reject it. */
export abstract class WasmMergeStages implements MergeStages {
  abstract readonly chunk: number;
  /** The kernels' memory. */
  protected readonly values: DataView;

  protected constructor(readonly kernels: Kernels) {
    this.values = new DataView(kernels.bytes.buffer);
  }

  /** Flushed values of a table, where a kernel reads them. */
  protected putFloats(at: Pointer, table: Float32Array): void {
    table.forEach((value, i) => this.values.setFloat32(at + 4 * i, flushed(value), true));
  }

  async axpy(sum: Region, x: Region, weight: number, first: boolean, count: number): Promise<void> {
    checks.checkValues(this.chunk, count, [sum], [x]);
    this.kernels.exports.axpy(startOf(sum), startOf(x), flushed(weight), first ? 1 : 0, count);
  }

  async magnitudeHistogram(x: Region, level: 0 | 1 | 2, prefix: number, count: number): Promise<Uint32Array> {
    checks.checkHistogram(this.chunk, x, level, prefix, count);
    const { shift, bits } = RADIX_LEVELS[level];
    const { bins, radix, gathered } = SCRATCH;
    this.kernels.exports.magnitudeHistogram(startOf(x), shift, bits, prefix, count, bins, radix, gathered);
    return new Uint32Array(this.kernels.bytes.buffer, bins, 2 ** bits).slice();
  }

  async trim(x: Region, threshold: number, count: number): Promise<number> {
    checks.checkTrim(this.chunk, x, threshold, count);
    return this.kernels.exports.trim(startOf(x), threshold, count);
  }

  async signCounts(x: Region, count: number): Promise<SignCounts> {
    checks.checkValues(this.chunk, count, [], [x]);
    this.kernels.exports.signCounts(startOf(x), count, SCRATCH.counts);
    const [positive, negative] = this.counts();
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
    this.kernels.exports.disjointSum(
      startOf(total),
      startOf(x),
      Math.sign(zeroSign),
      flushed(weight),
      startOf(sum),
      startOf(share),
      first ? 1 : 0,
      count,
    );
  }

  async quotient(x: Region, share: Region, least: number, count: number): Promise<void> {
    checks.checkQuotient(this.chunk, x, share, least, count);
    this.kernels.exports.quotient(startOf(x), startOf(share), flushed(least), count);
  }

  async maxMagnitude(best: Region, x: Region, first: boolean, count: number): Promise<void> {
    checks.checkValues(this.chunk, count, [best], [x]);
    this.kernels.exports.maxMagnitude(startOf(best), startOf(x), first ? 1 : 0, count);
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
    const { exports } = this.kernels;
    exports.consensusVote(startOf(total), startOf(x), flushed(lambda), startOf(votes), first ? 1 : 0, count);
  }

  async keepVoted(x: Region, votes: Region, least: number, count: number): Promise<number> {
    checks.checkValues(this.chunk, count, [x], [votes]);
    return this.kernels.exports.keepVoted(startOf(x), startOf(votes), flushed(least), count);
  }

  async unify(total: Region, x: Region, unified: Region, first: boolean, count: number): Promise<void> {
    checks.checkValues(this.chunk, count, [unified], [total, x]);
    this.kernels.exports.unify(startOf(total), startOf(x), startOf(unified), first ? 1 : 0, count);
  }

  async maskBySign(x: Region, unified: Region, out: Region, count: number): Promise<void> {
    checks.checkValues(this.chunk, count, [out], [x, unified]);
    this.kernels.exports.maskBySign(startOf(x), startOf(unified), startOf(out), count);
  }

  async rowBand(x: Rows, drop: number, keep: number): Promise<void> {
    checks.checkRowBand(this.chunk, x, drop, keep);
    const { radix, bound } = SCRATCH;
    this.kernels.exports.rowBand(rowsAt(x), x.rows, x.length, drop, keep, radix, ROW_MEMORY.at, bound);
  }

  async randomDrop(
    x: Region,
    keepBelow: number,
    scale: number,
    stream: RandomStream,
    index: number,
    count: number,
  ): Promise<void> {
    checks.checkRandomDrop(this.chunk, x, keepBelow, stream, index, count);
    const { seed, tensor, task } = stream;
    this.kernels.exports.randomDrop(
      startOf(x),
      keepBelow,
      flushed(scale),
      ...seed,
      tensor,
      task,
      index / 4,
      count,
      SCRATCH.words,
    );
  }

  async rankDrop(
    x: Rows,
    low: number,
    step: number,
    rescale: boolean,
    stream: RandomStream,
    index: number,
  ): Promise<void> {
    checks.checkRankDrop(this.chunk, x, low, step, stream, index);
    const { seed, tensor, task } = stream;
    this.kernels.exports.rankDrop(
      rowsAt(x),
      x.rows,
      x.length,
      low,
      step,
      rescale ? 1 : 0,
      ...seed,
      tensor,
      task,
      index,
      SCRATCH.radix,
      SCRATCH.words,
      ROW_MEMORY.at,
    );
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
    const sums = new Float64Array(this.kernels.bytes.buffer, SCRATCH.sums, 2);
    sums.set([before.product, before.energy]);
    this.kernels.exports.compareTask(
      startOf(delta),
      startOf(x),
      startOf(flags),
      first ? 1 : 0,
      count,
      SCRATCH.lanes,
      SCRATCH.sums,
      SCRATCH.counts,
    );
    const [product = 0, energy = 0] = sums;
    const [both, any] = this.counts();
    return { product, energy, both, any };
  }

  async products(
    x: Region,
    y: Region,
    count: number,
    before: Products = { xy: 0, xx: 0, yy: 0 },
  ): Promise<Products> {
    checks.checkValues(this.chunk, count, [], [x, y]);
    const sums = new Float64Array(this.kernels.bytes.buffer, SCRATCH.sums, 3);
    sums.set([before.xy, before.xx, before.yy]);
    this.kernels.exports.products(startOf(x), startOf(y), count, SCRATCH.lanes, SCRATCH.sums);
    const [xy = 0, xx = 0, yy = 0] = sums;
    return { xy, xx, yy };
  }

  async absSum(x: Region, count: number, before = 0): Promise<number> {
    checks.checkValues(this.chunk, count, [], [x]);
    return this.kernels.exports.absSum(startOf(x), count, before, SCRATCH.lanes);
  }

  protected counts(): [number, number] {
    return [this.values.getUint32(SCRATCH.counts, true), this.values.getUint32(SCRATCH.counts + 4, true)];
  }
}
