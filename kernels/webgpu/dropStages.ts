/** The merge stages of the WebGPU backend that drop values by rank in their rows, or at random. */
import type { Region } from '../memory.ts';
import { flushedBits } from '../ftz.ts';
import * as checks from '../mergeChecks.ts';
import type { MergeStages, RandomStream, Rows } from '../mergeStages.ts';
import type { GpuRegion } from './memory.ts';
import type { BufferPool } from './pool.ts';
import type { Binding, Runner } from './runner.ts';
import { OFFSET_BYTES, tilesOf, values } from './windows.ts';

/** Elements that a window's offset is a multiple of. */
const OFFSET_STEP = OFFSET_BYTES / 4;

/** The whole rows, and where in their window the first one begins. */
function windowOf({ region, first, rows, length }: Rows): { window: Binding; within: number } {
  const within = first % OFFSET_STEP;
  return {
    within,
    window: {
      memory: region as GpuRegion,
      offset: (first - within) * 4,
      bytes: (within + rows * length) * 4,
    },
  };
}

export abstract class WebGpuDropStages implements Pick<MergeStages, 'rowBand' | 'randomDrop' | 'rankDrop'> {
  abstract readonly chunk: number;
  protected abstract readonly runner: Runner;
  protected abstract readonly pool: BufferPool;

  async rowBand(x: Rows, drop: number, keep: number): Promise<void> {
    checks.checkRowBand(this.chunk, x, drop, keep);
    if (x.rows * x.length === 0) return;
    const { window, within } = windowOf(x);
    await this.runner.run({
      stage: 'row_band',
      constants: {},
      params: Uint32Array.of(within, x.rows, x.length, drop, drop + keep),
      bindings: [window],
      groups: x.rows,
    });
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
    if (count === 0) return;
    const { seed, tensor, task } = stream;
    await this.runner.run({
      stage: 'random_drop',
      constants: { KEEP_ALL: keepBelow === 2 ** 32 ? 1 : 0 },
      params: Uint32Array.of(count, keepBelow, ...flushedBits(scale), index / 4, ...seed, tensor, task),
      bindings: [values(x, count)],
      groups: tilesOf(count),
    });
  }

  /** Takes memory beside that of the scopes: 8 bytes for each value. */
  async rankDrop(
    x: Rows,
    low: number,
    step: number,
    rescale: boolean,
    stream: RandomStream,
    index: number,
  ): Promise<void> {
    checks.checkRankDrop(this.chunk, x, low, step, stream, index);
    const bytes = x.rows * x.length * 4;
    if (bytes === 0) return;
    const { seed, tensor, task } = stream;
    const { window, within } = windowOf(x);
    const orders = [this.pool.take(bytes), this.pool.take(bytes)];
    try {
      await Promise.all(orders.map(({ ready }) => ready));
      await this.runner.run({
        stage: 'rank_drop',
        constants: { RESCALE: rescale ? 1 : 0 },
        params: Uint32Array.of(
          ...[within, x.rows, x.length, low, step],
          ...[Math.floor(index / 4), index % 4, tensor, ...seed, task],
        ),
        bindings: [window, ...orders.map(({ buffer }) => ({ memory: buffer, bytes }))],
        groups: x.rows,
      });
    } finally {
      for (const order of orders) this.pool.give(order);
    }
  }
}
