/** Runs one stage: parameters, bindings, dispatch, and the copy of a small result back. */
import { USAGE, type Device } from './device.ts';
import { GpuRegion } from './memory.ts';
import type { Pipelines } from './pipelines.ts';
import type { Stage } from './sources.ts';
import type { Transfer } from './transfer.ts';

/** A window of a buffer, bound as `@binding(1)` and up, in order. */
export interface Binding {
  readonly memory: GpuRegion | GPUBuffer;
  /** A multiple of 256. */
  readonly offset?: number;
  readonly bytes: number;
}

export interface Work {
  readonly stage: Stage;
  readonly constants: Readonly<Record<string, number>>;
  /** The stage's Params, at most PARAMS_BYTES. */
  readonly params: Uint32Array<ArrayBuffer>;
  readonly bindings: readonly Binding[];
  readonly groups: number;
  /** Lookup table to put into the table buffer first. */
  readonly table?: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;
  /** Bytes at the start of the result buffer to clear first. */
  readonly clear?: number;
  /** Bytes of the result buffer to return. */
  readonly result?: number;
}

const PARAMS_BYTES = 64;

/** 256 words, and the offsets of the 512 streams of the largest chunk. */
const TABLE_BYTES = 4096;

/** Bound sizes are whole vectors of four words; all buffers' sizes are, too. */
const wholeVectors = (bytes: number): number => Math.max(16, Math.ceil(bytes / 16) * 16);

export class Runner {
  /** What a stage finds out: an extent, counts, or the sums of blocks. */
  readonly results: GPUBuffer;
  readonly table: GPUBuffer;
  /** Bound where a stage's constants say that nothing is there to be written. */
  readonly nothing: GPUBuffer;
  private readonly params: GPUBuffer;

  /** `gridWidth`: the most workgroups in one dimension; `resultBytes`: size of the result buffer. */
  constructor(
    private readonly device: Device,
    private readonly pipelines: Pipelines,
    private readonly transfer: Transfer,
    private readonly gridWidth: number,
    resultBytes: number,
  ) {
    const make = (label: string, size: number, usage: number): GPUBuffer =>
      device.gpu.createBuffer({ label, size: wholeVectors(size), usage: usage | USAGE.COPY_DST });
    this.results = make('results', resultBytes, USAGE.STORAGE | USAGE.COPY_SRC);
    this.table = make('table', TABLE_BYTES, USAGE.STORAGE);
    this.nothing = make('nothing', PARAMS_BYTES, USAGE.STORAGE);
    this.params = make('params', PARAMS_BYTES, USAGE.UNIFORM);
  }

  /**
   * Submits `work` after all work before it, and returns its result (empty when there is none) once the driver
   * has taken it. The few small buffers are shared by all calls, because the queue keeps the order of writes,
   * dispatches and copies.
   * @throws BackendFailure, DeviceLost
   */
  async run(work: Work): Promise<Uint8Array> {
    const { value: pending, judged } = await this.device.inOrder(async () => {
      const pipeline = await this.pipelines.get(work.stage, work.constants);
      const windows = await Promise.all(work.bindings.map(binding => this.window(binding)));
      const pooled = work.result ? await this.transfer.prepare(work.result) : undefined;
      return this.device.attempt(work.stage, () => {
        const { queue } = this.device.gpu;
        queue.writeBuffer(this.params, 0, work.params);
        if (work.table) queue.writeBuffer(this.table, 0, work.table);
        const encoder = this.device.gpu.createCommandEncoder({ label: work.stage });
        if (work.clear) encoder.clearBuffer(this.results, 0, work.clear);
        this.dispatch(encoder, pipeline, windows, work);
        const copied = pooled && this.transfer.copy(encoder, this.results, 0, work.result ?? 0, pooled);
        queue.submit([encoder.finish()]);
        return copied;
      });
    });
    if (pending) return this.transfer.receive(pending, judged);
    await judged;
    return new Uint8Array();
  }

  private dispatch(
    encoder: GPUCommandEncoder,
    pipeline: GPUComputePipeline,
    windows: readonly GPUBufferBinding[],
    work: Work,
  ): void {
    const resources = [{ buffer: this.params }, ...windows];
    const group = this.device.gpu.createBindGroup({
      label: work.stage,
      layout: pipeline.getBindGroupLayout(0),
      entries: resources.map((resource, binding) => ({ binding, resource })),
    });
    const pass = encoder.beginComputePass({ label: work.stage });
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    // More workgroups than fit one dimension are folded into two; the stages skip what lies past the end.
    const width = Math.min(work.groups, this.gridWidth);
    pass.dispatchWorkgroups(width, Math.ceil(work.groups / width));
    pass.end();
  }

  private async window({ memory, offset = 0, bytes }: Binding): Promise<GPUBufferBinding> {
    const buffer = memory instanceof GpuRegion ? await memory.buffer() : memory;
    return { buffer, offset, size: wholeVectors(bytes) };
  }
}
