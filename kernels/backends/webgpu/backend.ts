/** The WebGPU backend: the stages' shaders on an opened device. */
import type { Backend, BackendInfo, Machine } from '../../backend.ts';
import type { Region, Scope } from '../../memory.ts';
import { checkBytes } from '../../stages/checks.ts';
import { callsOf } from '../../stages/index.ts';
import { HISTOGRAM_BYTES } from '../../stages/magnitude_histogram/stage.ts';
import { SUM_BLOCK, SUM_BYTES } from '../../stages/sums.ts';
import { USAGE, type Device } from './device.ts';
import { Scopes, type GpuRegion } from './memory.ts';
import type { Pipelines } from './pipelines.ts';
import { BufferPool } from './pool.ts';
import { Runner } from './runner.ts';
import { Transfer } from './transfer.ts';

/** Scopes at once: while one waits for the disk, another computes and a third is read back. */
const SCOPES = 3;

/** Four bytes of the largest chunk are 16 MiB: enough for full speed, and a few milliseconds for the slowest GPU,
 * far from the 2 s after which Windows resets one. */
const MOST_CHUNK = 4_194_304;

/** A chunk's own regions (differences, restored values, codes) stay small beside a scope's tensors. */
const CHUNKS_A_SCOPE = 16;

export interface WebGpuSizes {
  /** Bytes of all scopes together. */
  readonly memory: number;
  readonly maxBufferSize: number;
  readonly maxStorageBufferBindingSize: number;
  /** Maximum workgroups in one dimension. */
  readonly gridWidth: number;
}

const floorTo = (value: number, step: number): number => Math.floor(value / step) * step;

export class WebGpuMachine implements Machine {
  readonly chunk: number;
  readonly capacity: number;
  readonly scopes = SCOPES;
  /** Runs the stages. */
  readonly runner: Runner;
  private readonly transfer: Transfer;
  private readonly memory: Scopes;

  constructor(
    readonly info: BackendInfo,
    readonly device: Device,
    pipelines: Pipelines,
    sizes: WebGpuSizes,
  ) {
    const largest = floorTo(sizes.maxBufferSize, 256);
    this.capacity = Math.min(floorTo(sizes.memory / SCOPES, 4), largest);
    const fits = Math.min(sizes.maxStorageBufferBindingSize / 4, this.capacity / 4 / CHUNKS_A_SCOPE);
    this.chunk = Math.max(SUM_BLOCK, floorTo(Math.min(MOST_CHUNK, fits), SUM_BLOCK));
    const usage = USAGE.STORAGE | USAGE.COPY_SRC | USAGE.COPY_DST;
    const pool = new BufferPool(device, 'region', usage, sizes.memory, largest);
    this.transfer = new Transfer(device, largest);
    this.memory = new Scopes(pool, SCOPES, this.capacity, `a scope on ${info.device}`);
    const resultBytes = Math.max(HISTOGRAM_BYTES, (this.chunk / SUM_BLOCK) * SUM_BYTES);
    this.runner = new Runner(device, pipelines, this.transfer, pool, sizes.gridWidth, resultBytes);
  }

  scope<T>(body: (memory: Scope) => Promise<T>): Promise<T> {
    return this.memory.run(body);
  }

  async write(
    region: Region,
    offset: number,
    bytes: number,
    fill: (view: Uint8Array) => Promise<void>,
  ): Promise<void> {
    checkBytes(region, offset, bytes);
    if (bytes > 0) await this.transfer.write(region as GpuRegion, offset, bytes, fill);
  }

  async read(region: Region, offset: number, bytes: number): Promise<Uint8Array> {
    checkBytes(region, offset, bytes);
    if (bytes === 0) return new Uint8Array();
    return this.transfer.read(region as GpuRegion, offset, bytes);
  }

  dispose(): void {
    this.device.dispose();
  }
}

/** A backend on an opened device, with pipelines that others on it may share. */
export function webGpuBackend(
  info: BackendInfo,
  device: Device,
  pipelines: Pipelines,
  sizes: WebGpuSizes,
): Backend {
  const machine = new WebGpuMachine(info, device, pipelines, sizes);
  const { chunk, runner } = machine;
  const stages = callsOf((_, stage) => async (...args) => {
    stage.check(chunk, ...args);
    return runner.run(stage, stage.gpu(...args));
  });
  return Object.assign(machine, stages);
}
