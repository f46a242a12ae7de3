/** Bytes between this process and the GPU. */
import { MAP_MODE_READ, USAGE, type Device } from './device.ts';
import type { GpuRegion } from './memory.ts';
import { BufferPool, sizeClass, type PooledBuffer } from './pool.ts';

/** Uploaded bytes after which we wait for the queue: Dawn keeps copies of them all, without a limit. */
const MOST_UNSENT = 64 * 2 ** 20;

/** Bytes of idle views and idle read-back buffers that are kept. */
const MOST_IDLE = 64 * 2 ** 20;

/** writeBuffer and copies take whole words. */
const wholeWords = (bytes: number): number => Math.ceil(bytes / 4) * 4;

/** A read-back in progress: its copy commands have been submitted. */
export interface Pending {
  readonly pooled: PooledBuffer;
  readonly bytes: number;
}

export class Transfer {
  private readonly views = new Map<number, ArrayBuffer[]>();
  private idle = 0;
  private unsent = 0;
  private readonly readBacks: BufferPool;

  constructor(
    private readonly device: Device,
    largest: number,
  ) {
    const usage = USAGE.MAP_READ | USAGE.COPY_DST;
    this.readBacks = new BufferPool(device, 'read-back', usage, MOST_IDLE, largest);
  }

  /**
   * Uploads what `fill` writes into a view of `bytes` bytes. The view is plain memory: Dawn crashes on shared memory in
   * Node 20, and mapped GPU memory, which could spare a copy, is too slow to compute a checksum from.
   */
  async write(
    region: GpuRegion,
    offset: number,
    bytes: number,
    fill: (view: Uint8Array) => Promise<void>,
  ): Promise<void> {
    const size = sizeClass(bytes);
    const memory = this.takeView(size);
    try {
      await fill(new Uint8Array(memory, 0, bytes));
      const { judged } = await this.device.inOrder(async () => {
        const buffer = await region.buffer();
        return this.device.attempt(`writing ${bytes} bytes`, () =>
          this.device.gpu.queue.writeBuffer(buffer, offset, memory, 0, wholeWords(bytes)),
        );
      });
      await judged;
    } finally {
      this.giveView(size, memory);
    }
    this.unsent += bytes;
    if (this.unsent > MOST_UNSENT) {
      this.unsent = 0;
      await this.device.orLost(this.device.gpu.queue.onSubmittedWorkDone());
    }
  }

  async read(region: GpuRegion, offset: number, bytes: number): Promise<Uint8Array> {
    const { pending, judged } = await this.device.inOrder(async () => {
      const buffer = await region.buffer();
      const pooled = await this.prepare(bytes);
      const attempt = this.device.attempt(`reading ${bytes} bytes`, () => {
        const encoder = this.device.gpu.createCommandEncoder({ label: 'read' });
        const copied = this.copy(encoder, buffer, offset, bytes, pooled);
        this.device.gpu.queue.submit([encoder.finish()]);
        return copied;
      });
      return { pending: attempt.value, judged: attempt.judged };
    });
    return this.receive(pending, judged);
  }

  /** A buffer that `bytes` bytes can be copied to. */
  async prepare(bytes: number): Promise<PooledBuffer> {
    const pooled = this.readBacks.take(bytes);
    await pooled.ready;
    return pooled;
  }

  /** Records the copy of `bytes` bytes of `source` to a prepared buffer. */
  copy(
    encoder: GPUCommandEncoder,
    source: GPUBuffer,
    offset: number,
    bytes: number,
    pooled: PooledBuffer,
  ): Pending {
    encoder.copyBufferToBuffer(source, offset, pooled.buffer, 0, wholeWords(bytes));
    return { pooled, bytes };
  }

  /** The bytes of a copy that has been submitted. */
  async receive({ pooled, bytes }: Pending, judged: Promise<void>): Promise<Uint8Array> {
    const { buffer } = pooled;
    try {
      const mapped = this.device.orLost(buffer.mapAsync(MAP_MODE_READ, 0, wholeWords(bytes)));
      await Promise.all([mapped, judged]);
      const copy = new Uint8Array(buffer.getMappedRange(0, wholeWords(bytes)).slice(0, bytes));
      buffer.unmap();
      return copy;
    } catch (error) {
      pooled.broken = true;
      throw error;
    } finally {
      this.readBacks.give(pooled);
    }
  }

  private takeView(size: number): ArrayBuffer {
    const memory = this.views.get(size)?.pop();
    if (!memory) return new ArrayBuffer(size);
    this.idle -= size;
    return memory;
  }

  private giveView(size: number, memory: ArrayBuffer): void {
    if (this.idle + size > MOST_IDLE) return;
    this.idle += size;
    const same = this.views.get(size);
    if (same) same.push(memory);
    else this.views.set(size, [memory]);
  }
}
