/** The CPU backend: the reference that the WebGPU backend is compared with. */
import { Arena, ARENA_OVERHEAD, type ArenaRegion } from './arena.ts';
import {
  BYTES_PER_ELEMENT,
  packedBytes,
  type Affine,
  type Backend,
  type BackendInfo,
  type Extent,
  type NotNumbers,
  type SquaredError,
} from './backend.ts';
import type { FloatType, Region, Scope, Slice } from './memory.ts';
import * as checks from './checks.ts';
import { WasmGroupStages } from './cpuGroups.ts';
import { ROW_MEMORY, startOf } from './cpuMerge.ts';
import { flushed } from './ftz.ts';
import type { Pointer } from './kernelExports.ts';
import { instantiateKernels, MAX_MEMORY, NO_TYPE, SCRATCH, TYPE_NUMBERS, type Kernels } from './wasm.ts';

export { compileKernels } from './wasm.ts';

/** Elements of one call. A chunk's input, difference and restored values, 1 MiB each, stay in the second- and
 * third-level caches between stages; much smaller chunks pay for more calls, larger ones for memory traffic. */
export const CHUNK = 262_144;

/** The CPU backend, with what Xxh64 and demoteF64 need to work in its memory. */
export interface CpuBackend extends Backend {
  readonly kernels: Kernels;
}

/** Address of element 0 of `slice`. */
const at = (slice: Slice): Pointer =>
  (slice.region as ArenaRegion).address(slice.first * BYTES_PER_ELEMENT[slice.type]);

/** Bytes before the arena. */
const WORKING_MEMORY = ROW_MEMORY.at + ROW_MEMORY.bytes;

/** Every operation is done when its promise is returned; errors reject it. */
class WasmBackend extends WasmGroupStages implements CpuBackend {
  readonly info: BackendInfo = { kind: 'cpu', device: 'CPU, WebAssembly SIMD', software: false };
  readonly chunk = CHUNK;
  readonly scopes = 1;
  readonly capacity: number;
  private readonly arena: Arena;

  constructor(
    module: WebAssembly.Module,
    memory: number,
    private readonly allocate: (bytes: number) => Uint8Array,
  ) {
    const capacity = Math.min(memory, MAX_MEMORY - WORKING_MEMORY - ARENA_OVERHEAD);
    super(instantiateKernels(module, WORKING_MEMORY + capacity + ARENA_OVERHEAD));
    this.capacity = capacity;
    this.arena = new Arena(WORKING_MEMORY, capacity, 'the CPU backend');
  }

  async scope<T>(body: (memory: Scope) => Promise<T>): Promise<T> {
    this.arena.begin();
    try {
      return await body({ alloc: bytes => this.arena.alloc(bytes) });
    } finally {
      this.arena.end();
    }
  }

  /** `fill` writes straight into the arena. */
  async write(
    region: Region,
    offset: number,
    bytes: number,
    fill: (view: Uint8Array) => Promise<void>,
  ): Promise<void> {
    checks.checkBytes(region, offset, bytes);
    const start = startOf(region) + offset;
    await fill(this.kernels.bytes.subarray(start, start + bytes));
  }

  async read(region: Region, offset: number, bytes: number): Promise<Uint8Array> {
    checks.checkBytes(region, offset, bytes);
    const start = startOf(region) + offset;
    const copy = this.allocate(bytes);
    copy.set(this.kernels.bytes.subarray(start, start + bytes));
    return copy;
  }

  async deltaMinmax(
    tuned: Slice,
    reference: Slice | undefined,
    out: Region | undefined,
    count: number,
  ): Promise<Extent> {
    checks.checkDeltaMinmax(this.chunk, tuned, reference, out, count);
    this.kernels.exports.deltaMinmax(
      at(tuned),
      TYPE_NUMBERS[tuned.type],
      reference ? at(reference) : 0,
      reference ? TYPE_NUMBERS[reference.type] : NO_TYPE,
      out ? startOf(out) : 0,
      count,
      SCRATCH.extent,
    );
    return this.extent();
  }

  async accumulate(sum: Region, tuned: Slice, first: boolean, count: number): Promise<void> {
    checks.checkAccumulate(this.chunk, sum, tuned, count);
    this.kernels.exports.accumulate(startOf(sum), at(tuned), TYPE_NUMBERS[tuned.type], first ? 1 : 0, count);
  }

  async meanDelta(sum: Region, tasks: number, base: Slice, out: Region, count: number): Promise<Extent> {
    checks.checkMeanDelta(this.chunk, sum, tasks, base, out, count);
    this.kernels.exports.meanDelta(
      startOf(sum),
      tasks,
      at(base),
      TYPE_NUMBERS[base.type],
      startOf(out),
      count,
      SCRATCH.extent,
    );
    return this.extent();
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
    this.values.setFloat64(SCRATCH.sums, before.error, true);
    this.values.setFloat64(SCRATCH.sums + 8, before.energy, true);
    this.kernels.exports.quantizePack(
      startOf(x),
      flushed(affine.scale),
      flushed(affine.zero),
      bits,
      startOf(codes) + packedBytes(first, bits),
      count,
      SCRATCH.lanes,
      SCRATCH.sums,
    );
    return {
      error: this.values.getFloat64(SCRATCH.sums, true),
      energy: this.values.getFloat64(SCRATCH.sums + 8, true),
    };
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
    this.putFloats(SCRATCH.table, table);
    this.kernels.exports.unpackDequantize(
      startOf(codes) + packedBytes(first, bits),
      bits,
      SCRATCH.table,
      addend ? at(addend) : 0,
      addend ? TYPE_NUMBERS[addend.type] : NO_TYPE,
      startOf(out) + outFirst * 4,
      count,
    );
  }

  async deltaEnergy(tuned: Slice, base: Slice | undefined, count: number, before = 0): Promise<number> {
    checks.checkDeltaEnergy(this.chunk, tuned, base, count);
    return this.kernels.exports.deltaEnergy(
      at(tuned),
      TYPE_NUMBERS[tuned.type],
      base ? at(base) : 0,
      base ? TYPE_NUMBERS[base.type] : NO_TYPE,
      count,
      before,
      SCRATCH.lanes,
    );
  }

  async encode(x: Slice, type: FloatType, out: Region, count: number): Promise<NotNumbers> {
    checks.checkEncode(this.chunk, x, type, out, count);
    this.kernels.exports.encode(at(x), TYPE_NUMBERS[type], startOf(out), count, SCRATCH.counts);
    const [nonFinite, overflowed] = this.counts();
    return { nonFinite, overflowed };
  }

  /** Nothing is held that the garbage collector does not see. */
  dispose(): void {}

  private extent(): Extent {
    return {
      min: this.values.getFloat32(SCRATCH.extent, true),
      max: this.values.getFloat32(SCRATCH.extent + 4, true),
      finite: this.values.getInt32(SCRATCH.extent + 8, true) === 1,
    };
  }
}

export interface CpuBackendOptions {
  readonly module: WebAssembly.Module;
  /** Bytes that a scope may allocate; at most what 32-bit addresses reach, just below 4 GiB. */
  readonly memory: number;
  /** Where `read` puts its copies: bytes of anything, which belong to `read`'s caller. */
  readonly allocate?: (bytes: number) => Uint8Array;
}

const newBytes = (bytes: number): Uint8Array => new Uint8Array(bytes);

/**
 * A CPU backend of its own memory, for one thread. The memory is reserved at once and committed when it is first used.
 * @throws RangeError when the address space cannot be reserved.
 */
export function createCpuBackend({ module, memory, allocate = newBytes }: CpuBackendOptions): CpuBackend {
  return new WasmBackend(module, memory, allocate);
}
