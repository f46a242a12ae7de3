/** Scopes of the WebGPU backend: how many run at once, and the regions they own. */
import { OutOfBackendMemory, type Region, type Scope } from '../../memory.ts';
import type { BufferPool, PooledBuffer } from './pool.ts';

/** A region in a GPU buffer, valid while the scope that allocated it runs. */
export class GpuRegion implements Region {
  private pooled: PooledBuffer | undefined;

  constructor(
    readonly bytes: number,
    pooled: PooledBuffer,
  ) {
    this.pooled = pooled;
  }

  /** Its buffer, once the driver has confirmed it; throws when the region's scope has ended. */
  async buffer(): Promise<GPUBuffer> {
    const { pooled } = this;
    if (!pooled) throw new Error('a region was used after its scope had ended');
    await pooled.ready;
    return pooled.buffer;
  }

  /** Ends the region's life. */
  release(): PooledBuffer | undefined {
    const { pooled } = this;
    this.pooled = undefined;
    return pooled;
  }
}

export class Scopes {
  private running = 0;
  private readonly queue: (() => void)[] = [];

  constructor(
    private readonly pool: BufferPool,
    private readonly most: number,
    private readonly capacity: number,
    private readonly owner: string,
  ) {}

  /** Runs `body` as soon as a scope is free, first come, first served. */
  async run<T>(body: (memory: Scope) => Promise<T>): Promise<T> {
    if (this.running < this.most) this.running++;
    else await new Promise<void>(resolve => this.queue.push(resolve));
    const regions: GpuRegion[] = [];
    let free = this.capacity;
    let ended = false;
    const alloc = (bytes: number): Region => {
      if (ended) throw new Error('memory was requested after its scope had ended');
      if (bytes > free) throw new OutOfBackendMemory(bytes, free, this.owner);
      const region = new GpuRegion(bytes, this.pool.take(bytes));
      free -= bytes;
      regions.push(region);
      return region;
    };
    try {
      return await body({ alloc });
    } finally {
      ended = true;
      for (const region of regions) {
        const pooled = region.release();
        if (pooled) this.pool.give(pooled);
      }
      // The next in line takes this one's place, or the place becomes free.
      const next = this.queue.shift();
      if (next) next();
      else this.running--;
    }
  }
}
