/** The WebGPU backend's operations: the stages of kernels/wgsl on an opened device. */
import {
  BYTES_PER_ELEMENT,
  SUM_BLOCK,
  type Affine,
  type Backend,
  type BackendInfo,
  type Extent,
  type NotNumbers,
  type SquaredError,
} from '../backend.ts';
import type { FloatType, Region, Scope, Slice } from '../memory.ts';
import * as checks from '../checks.ts';
import { flushed, flushedBits } from '../ftz.ts';
import { NO_TYPE, TYPE_NUMBERS } from '../wasm.ts';
import { USAGE, type Device } from './device.ts';
import { EMPTY, EXTENT_BYTES, extentOf } from './extent.ts';
import { WebGpuGroupStages } from './groupStages.ts';
import { Scopes, type GpuRegion } from './memory.ts';
import { HISTOGRAM_BYTES, SUM_BYTES } from './mergeStages.ts';
import { Pipelines } from './pipelines.ts';
import { BufferPool } from './pool.ts';
import { Runner } from './runner.ts';
import { Transfer } from './transfer.ts';
import { codeWindow, tilesOf, values, window } from './windows.ts';

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
  /** The most workgroups in one dimension. */
  readonly gridWidth: number;
}

const floorTo = (value: number, step: number): number => Math.floor(value / step) * step;

export class WebGpuBackend extends WebGpuGroupStages implements Backend {
  readonly chunk: number;
  readonly capacity: number;
  readonly scopes = SCOPES;
  private readonly transfer: Transfer;
  private readonly memory: Scopes;
  protected readonly runner: Runner;
  protected readonly pool: BufferPool;

  constructor(
    readonly info: BackendInfo,
    private readonly device: Device,
    sizes: WebGpuSizes,
  ) {
    super();
    const largest = floorTo(sizes.maxBufferSize, 256);
    this.capacity = Math.min(floorTo(sizes.memory / SCOPES, 4), largest);
    const fits = Math.min(sizes.maxStorageBufferBindingSize / 4, this.capacity / 4 / CHUNKS_A_SCOPE);
    this.chunk = Math.max(SUM_BLOCK, floorTo(Math.min(MOST_CHUNK, fits), SUM_BLOCK));
    const usage = USAGE.STORAGE | USAGE.COPY_SRC | USAGE.COPY_DST;
    this.pool = new BufferPool(device, 'region', usage, sizes.memory, largest);
    this.transfer = new Transfer(device, largest);
    this.memory = new Scopes(this.pool, SCOPES, this.capacity, `a scope on ${info.device}`);
    const resultBytes = Math.max(HISTOGRAM_BYTES, (this.chunk / SUM_BLOCK) * SUM_BYTES);
    this.runner = new Runner(device, new Pipelines(device), this.transfer, sizes.gridWidth, resultBytes);
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
    checks.checkBytes(region, offset, bytes);
    if (bytes > 0) await this.transfer.write(region as GpuRegion, offset, bytes, fill);
  }

  async read(region: Region, offset: number, bytes: number): Promise<Uint8Array> {
    checks.checkBytes(region, offset, bytes);
    if (bytes === 0) return new Uint8Array();
    return this.transfer.read(region as GpuRegion, offset, bytes);
  }

  async deltaMinmax(
    tuned: Slice,
    reference: Slice | undefined,
    out: Region | undefined,
    count: number,
  ): Promise<Extent> {
    checks.checkDeltaMinmax(this.chunk, tuned, reference, out, count);
    if (count === 0) return EMPTY;
    const { results, nothing } = this.runner;
    const found = await this.runner.run({
      stage: 'delta_minmax',
      constants: {
        TUNED: TYPE_NUMBERS[tuned.type],
        REFERENCE: reference ? TYPE_NUMBERS[reference.type] : NO_TYPE,
        STORE: out ? 1 : 0,
      },
      params: Uint32Array.of(count),
      bindings: [
        window(tuned, count),
        window(reference ?? tuned, count),
        out ? values(out, count) : { memory: nothing, bytes: 0 },
        { memory: results, bytes: EXTENT_BYTES },
      ],
      groups: tilesOf(count),
      clear: EXTENT_BYTES,
      result: EXTENT_BYTES,
    });
    return extentOf(found);
  }

  async accumulate(sum: Region, tuned: Slice, first: boolean, count: number): Promise<void> {
    checks.checkAccumulate(this.chunk, sum, tuned, count);
    if (count === 0) return;
    await this.runner.run({
      stage: 'accumulate',
      constants: { TUNED: TYPE_NUMBERS[tuned.type], FIRST: first ? 1 : 0 },
      params: Uint32Array.of(count),
      bindings: [window(tuned, count), values(sum, count)],
      groups: tilesOf(count),
    });
  }

  async meanDelta(sum: Region, tasks: number, base: Slice, out: Region, count: number): Promise<Extent> {
    checks.checkMeanDelta(this.chunk, sum, tasks, base, out, count);
    if (count === 0) return EMPTY;
    const { results, nothing } = this.runner;
    const found = await this.runner.run({
      stage: 'mean_delta',
      constants: { BASE: TYPE_NUMBERS[base.type], IN_PLACE: sum === out ? 1 : 0 },
      params: Uint32Array.of(count, tasks),
      bindings: [
        sum === out ? { memory: nothing, bytes: 0 } : values(sum, count),
        window(base, count),
        values(out, count),
        { memory: results, bytes: EXTENT_BYTES },
      ],
      groups: tilesOf(count),
      clear: EXTENT_BYTES,
      result: EXTENT_BYTES,
    });
    return extentOf(found);
  }

  async quantizePack(
    x: Region,
    affine: Affine,
    codes: Region,
    first: number,
    count: number,
    before: SquaredError = { error: 0, energy: 0 },
  ): Promise<SquaredError> {
    checks.checkQuantizePack(this.chunk, x, affine, codes, first, count);
    const { bits } = affine;
    const [scale, zero] = [flushed(affine.scale), flushed(affine.zero)];
    const packed = codeWindow(codes, bits, first, count);
    const sums = await this.blockSums({
      stage: 'quantize_pack',
      constants: { BITS: bits },
      count,
      params: [Math.ceil(packed.bytes / 4), ...flushedBits(scale, zero)],
      table: Float32Array.from({ length: 1 << bits }, (_, code) =>
        flushed(Math.fround(Math.fround(code - zero) / scale)),
      ),
      bindings: [values(x, count), packed, { memory: this.runner.table, bytes: 4 << bits }],
      width: 2,
    });
    let { error, energy } = before;
    for (let i = 0; i < sums.length; i += 2) {
      error += sums[i] ?? 0;
      energy += sums[i + 1] ?? 0;
    }
    return { error, energy };
  }

  async unpackDequantize(
    codes: Region,
    first: number,
    bits: number,
    table: Float32Array,
    addend: Slice | undefined,
    out: Region,
    outFirst: number,
    count: number,
  ): Promise<void> {
    checks.checkUnpackDequantize(this.chunk, codes, first, bits, table, addend, out, outFirst, count);
    if (count === 0) return;
    const packed = codeWindow(codes, bits, first, count);
    await this.runner.run({
      stage: 'unpack_dequantize',
      constants: { BITS: bits, ADDEND: addend ? TYPE_NUMBERS[addend.type] : NO_TYPE },
      params: Uint32Array.of(count),
      table: Float32Array.from(table, flushed),
      bindings: [
        packed,
        { memory: this.runner.table, bytes: table.byteLength },
        addend ? window(addend, count) : packed,
        window({ region: out, type: 'F32', first: outFirst }, count),
      ],
      groups: tilesOf(count),
    });
  }

  async deltaEnergy(tuned: Slice, base: Slice | undefined, count: number, before = 0): Promise<number> {
    checks.checkDeltaEnergy(this.chunk, tuned, base, count);
    const sums = await this.blockSums({
      stage: 'delta_energy',
      constants: { TUNED: TYPE_NUMBERS[tuned.type], BASE: base ? TYPE_NUMBERS[base.type] : NO_TYPE },
      count,
      bindings: [window(tuned, count), window(base ?? tuned, count)],
      width: 1,
    });
    return sums.reduce((sum, block) => sum + block, before);
  }

  async encode(x: Slice, type: FloatType, out: Region, count: number): Promise<NotNumbers> {
    checks.checkEncode(this.chunk, x, type, out, count);
    const bytes = count * BYTES_PER_ELEMENT[type];
    const [nonFinite, overflowed] = await this.tallyOf({
      stage: 'encode',
      constants: { TYPE: TYPE_NUMBERS[type] },
      count: Math.ceil(bytes / 4),
      params: [count],
      bindings: [window(x, count), { memory: out as GpuRegion, bytes }],
    });
    return { nonFinite, overflowed };
  }

  dispose(): void {
    this.device.gpu.destroy();
  }
}
