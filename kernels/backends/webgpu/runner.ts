/** Runs one stage: parameters, bindings, dispatch, and the copy of a small result back. */
import type { AnyStage, Binding, Work } from '../../stages/stage.ts';
import { USAGE, type Device } from './device.ts';
import type { GpuRegion } from './memory.ts';
import type { Pipelines } from './pipelines.ts';
import type { BufferPool, PooledBuffer } from './pool.ts';
import type { Transfer } from './transfer.ts';

const PARAMS_BYTES = 64;

/** 256 words, and the offsets of the 512 streams of the largest chunk. */
const TABLE_BYTES = 4096;

/** Bound sizes are whole vectors of four words; all buffers' sizes are, too. */
const wholeVectors = (bytes: number): number => Math.max(16, Math.ceil(bytes / 16) * 16);

export class Runner {
  /** Shared by all calls, because the queue keeps the order of writes, dispatches and copies. */
  private readonly buffers: Readonly<Record<'results' | 'table' | 'nothing' | 'params', GPUBuffer>>;

  /** `gridWidth`: maximum workgroups in one dimension; `resultBytes`: size of the result buffer. */
  constructor(
    private readonly device: Device,
    private readonly pipelines: Pipelines,
    private readonly transfer: Transfer,
    private readonly pool: BufferPool,
    private readonly gridWidth: number,
    resultBytes: number,
  ) {
    const make = (label: string, size: number, usage: number): GPUBuffer =>
      device.makeBuffer({ label, size: wholeVectors(size), usage: usage | USAGE.COPY_DST });
    this.buffers = {
      results: make('results', resultBytes, USAGE.STORAGE | USAGE.COPY_SRC),
      table: make('table', TABLE_BYTES, USAGE.STORAGE),
      nothing: make('nothing', PARAMS_BYTES, USAGE.STORAGE),
      params: make('params', PARAMS_BYTES, USAGE.UNIFORM),
    };
  }

  /**
   * Submits `work` after all work before it, and returns its result once the driver has accepted it.
   * @throws BackendFailure, DeviceLost
   */
  async run<Result>(stage: AnyStage, work: Work<Result>): Promise<Result> {
    const { found } = work;
    if (work.groups === 0) return work.result(new Uint8Array(found?.bytes ?? 0));
    const scratch = work.bindings.map(({ memory, bytes }) =>
      memory === 'scratch' ? this.pool.take(bytes) : undefined,
    );
    try {
      const { value: pending, judged } = await this.device.inOrder(async () => {
        const pipeline = await this.pipelines.get(stage, work.constants);
        const windows = await Promise.all(work.bindings.map((bound, i) => this.window(bound, scratch[i])));
        const pooled = found ? await this.transfer.prepare(found.bytes) : undefined;
        return this.device.attempt(stage.name, () => {
          const { params, table, results } = this.buffers;
          const { queue } = this.device.gpu;
          queue.writeBuffer(params, 0, Uint32Array.from(work.params));
          if (work.table) queue.writeBuffer(table, 0, work.table);
          const encoder = this.device.gpu.createCommandEncoder({ label: stage.name });
          if (found?.cleared) encoder.clearBuffer(results, 0, found.bytes);
          this.dispatch(encoder, stage.name, pipeline, windows, work.groups);
          const copied = pooled && this.transfer.copy(encoder, results, 0, found?.bytes ?? 0, pooled);
          queue.submit([encoder.finish()]);
          return copied;
        });
      });
      if (pending) return work.result(await this.transfer.receive(pending, judged));
      await judged;
      return work.result(new Uint8Array());
    } finally {
      for (const pooled of scratch) if (pooled) this.pool.give(pooled);
    }
  }

  private dispatch(
    encoder: GPUCommandEncoder,
    label: string,
    pipeline: GPUComputePipeline,
    windows: readonly GPUBufferBinding[],
    groups: number,
  ): void {
    const resources = [{ buffer: this.buffers.params }, ...windows];
    const group = this.device.gpu.createBindGroup({
      label,
      layout: pipeline.getBindGroupLayout(0),
      entries: resources.map((resource, binding) => ({ binding, resource })),
    });
    const pass = encoder.beginComputePass({ label });
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    // More workgroups than fit in one dimension are folded into two; the stages skip those past the end.
    const width = Math.min(groups, this.gridWidth);
    pass.dispatchWorkgroups(width, Math.ceil(groups / width));
    pass.end();
  }

  /** The window to bind; `pooled` is the binding's own memory, if it has some for this call. */
  private async window(
    { memory, offset = 0, bytes }: Binding,
    pooled: PooledBuffer | undefined,
  ): Promise<GPUBufferBinding> {
    await pooled?.ready;
    const shared = typeof memory === 'string' && memory !== 'scratch' ? this.buffers[memory] : undefined;
    const buffer = pooled?.buffer ?? shared ?? (await (memory as GpuRegion).buffer());
    return { buffer, offset, size: wholeVectors(bytes) };
  }
}
