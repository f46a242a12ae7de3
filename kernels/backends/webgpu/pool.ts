/** GPU buffers kept for reuse, by size class. */
import type { Device } from './device.ts';

/** A buffer of the pool, at least as large as requested. */
export interface PooledBuffer {
  readonly buffer: GPUBuffer;
  readonly size: number;
  /** Rejects with BackendFailure when the buffer could not be made. */
  readonly ready: Promise<void>;
  broken: boolean;
}

/** Smallest class: below it, bookkeeping costs more than the bytes. */
const SMALLEST = 4096;

/** Classes between two powers of two: a buffer is at most an eighth larger than requested. */
const STEPS = 8;

/** Bytes of the smallest class that holds `bytes`, a multiple of 256. */
export function sizeClass(bytes: number): number {
  if (bytes <= SMALLEST) return SMALLEST;
  const step = 2 ** Math.floor(Math.log2(bytes)) / STEPS;
  return Math.ceil(bytes / step) * step;
}

export class BufferPool {
  private readonly free = new Map<number, PooledBuffer[]>();
  /** Bytes of all buffers of the pool, free or in use. */
  private total = 0;

  /** Free buffers are destroyed rather than letting the pool grow past `budget` bytes. */
  constructor(
    private readonly device: Device,
    private readonly label: string,
    private readonly usage: GPUBufferUsageFlags,
    private readonly budget: number,
    private readonly largest: number,
  ) {}

  take(bytes: number): PooledBuffer {
    const size = Math.min(sizeClass(bytes), this.largest);
    const reused = this.free.get(size)?.pop();
    if (reused) return reused;
    this.shrink(this.budget - size);
    this.total += size;
    const { value, judged } = this.device.attempt(`allocating ${size} bytes`, () =>
      this.device.makeBuffer({ label: this.label, size, usage: this.usage }),
    );
    const made: PooledBuffer = { buffer: value, size, ready: judged, broken: false };
    judged.catch(() => (made.broken = true));
    return made;
  }

  give(pooled: PooledBuffer): void {
    if (pooled.broken) return this.destroy(pooled);
    const same = this.free.get(pooled.size);
    if (same) same.push(pooled);
    else this.free.set(pooled.size, [pooled]);
  }

  /** Destroys free buffers, largest first, until the pool holds at most `bytes`. */
  private shrink(bytes: number): void {
    for (const size of [...this.free.keys()].sort((a, b) => b - a)) {
      const same = this.free.get(size) ?? [];
      while (this.total > bytes && same.length > 0) {
        const unused = same.pop();
        if (unused) this.destroy(unused);
      }
    }
  }

  private destroy(pooled: PooledBuffer): void {
    this.total -= pooled.size;
    this.device.destroyBuffer(pooled.buffer);
  }
}
