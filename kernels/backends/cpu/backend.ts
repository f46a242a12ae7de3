/** The CPU backend: the reference that the WebGPU backend is compared with. */
import type { Backend, BackendInfo, Machine } from '../../backend.ts';
import { BYTES_PER_ELEMENT, type Region, type Scope, type Slice } from '../../memory.ts';
import { checkBytes } from '../../stages/checks.ts';
import { callsOf } from '../../stages/index.ts';
import type { Kernel } from '../../stages/stage.ts';
import {
  instantiateKernels,
  MAX_MEMORY,
  NO_TYPE,
  ROW_MEMORY,
  TYPE_NUMBERS,
  type Kernels,
  type Pointer,
} from '../../wasm.ts';
import { Arena, ARENA_OVERHEAD, type ArenaRegion } from './arena.ts';

/** Elements of one call. A chunk's input, difference and restored values, 1 MiB each, stay in the second- and
 * third-level caches between stages; much smaller chunks pay for more calls, larger ones for memory traffic. */
export const CHUNK = 262_144;

/** The CPU backend, with what Xxh64 and demoteF64 need to work in its memory. */
export type CpuBackend = Backend & { readonly kernels: Kernels };

const addressOf = (region: Region, byte = 0): Pointer => (region as ArenaRegion).address(byte);

/** A stage's function of the module. */
class WasmKernel implements Kernel {
  private readonly compute: (...args: readonly number[]) => number;

  constructor(
    { exports }: Kernels,
    private readonly memory: ArrayBuffer,
    private readonly name: string,
  ) {
    this.compute = exports[name] as (...args: readonly number[]) => number;
  }

  run(...args: readonly (number | boolean | Region)[]): number {
    const numbers = args.map(arg => (typeof arg === 'object' ? addressOf(arg) : Number(arg)));
    // WebAssembly takes any number of arguments, and passes zeros for missing ones.
    if (numbers.length !== this.compute.length) {
      throw new TypeError(`${this.name} takes ${this.compute.length} arguments, not ${numbers.length}`);
    }
    return this.compute(...numbers);
  }

  at(region: Region, byte: number): Pointer {
    return addressOf(region, byte);
  }

  elements(slice: Slice | undefined): [Pointer, number] {
    if (!slice) return [0, NO_TYPE];
    const { region, first, type } = slice;
    return [addressOf(region, first * BYTES_PER_ELEMENT[type]), TYPE_NUMBERS[type]];
  }

  put(at: Pointer, values: Float32Array | Uint32Array | Uint16Array): Pointer {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    new Uint8Array(this.memory).set(bytes, at);
    return at;
  }

  floats(at: Pointer, count: number): Float32Array {
    return new Float32Array(this.memory, at, count);
  }

  doubles(at: Pointer, count: number): Float64Array {
    return new Float64Array(this.memory, at, count);
  }

  words(at: Pointer, count: number): Uint32Array {
    return new Uint32Array(this.memory, at, count);
  }
}

/** Bytes before the arena. */
const WORKING_MEMORY = ROW_MEMORY.at + ROW_MEMORY.bytes;

/** The most that a scope can have: addresses end at 4 GiB. */
export const MAX_CAPACITY = MAX_MEMORY - WORKING_MEMORY - ARENA_OVERHEAD;

/** An arena with nothing behind it, in which a scope is begun: it counts what is allocated as a real one does.
 * @param capacity bytes that may be allocated, as from a CPU backend with so much memory */
export function measuringArena(capacity = Infinity): Arena {
  const arena = new Arena(WORKING_MEMORY, capacity, 'a measurement');
  arena.begin();
  return arena;
}

/** Every operation is done when its promise is returned; errors reject it. */
class CpuMachine implements Machine {
  readonly info: BackendInfo = { kind: 'cpu', device: 'CPU, WebAssembly SIMD', software: false };
  readonly chunk = CHUNK;
  readonly scopes = 1;
  readonly capacity: number;
  readonly kernels: Kernels;
  private readonly arena: Arena;

  constructor(
    module: WebAssembly.Module,
    memory: number,
    private readonly allocate: (bytes: number) => Uint8Array,
  ) {
    this.capacity = Math.min(memory, MAX_CAPACITY);
    this.kernels = instantiateKernels(module, WORKING_MEMORY + this.capacity + ARENA_OVERHEAD);
    this.arena = new Arena(WORKING_MEMORY, this.capacity, 'the CPU backend');
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
    checkBytes(region, offset, bytes);
    const start = addressOf(region, offset);
    await fill(this.kernels.bytes.subarray(start, start + bytes));
  }

  async read(region: Region, offset: number, bytes: number): Promise<Uint8Array> {
    checkBytes(region, offset, bytes);
    const start = addressOf(region, offset);
    const copy = this.allocate(bytes);
    copy.set(this.kernels.bytes.subarray(start, start + bytes));
    return copy;
  }

  /** Holds nothing that the garbage collector cannot free. */
  dispose(): void {}
}

export interface CpuBackendOptions {
  readonly module: WebAssembly.Module;
  /** Bytes that a scope may allocate; at most what 32-bit addresses reach, just below 4 GiB. */
  readonly memory: number;
  /** Where `read` puts its copies: uninitialised bytes, which then belong to `read`'s caller. */
  readonly allocate?: (bytes: number) => Uint8Array;
}

const newBytes = (bytes: number): Uint8Array => new Uint8Array(bytes);

/**
 * A CPU backend with its own memory, for one thread. The memory is reserved at once and committed on first use.
 * @throws RangeError when the address space cannot be reserved.
 */
export function createCpuBackend({ module, memory, allocate = newBytes }: CpuBackendOptions): CpuBackend {
  const machine = new CpuMachine(module, memory, allocate);
  const { kernels, chunk } = machine;
  const stages = callsOf((call, stage) => {
    const kernel = new WasmKernel(kernels, kernels.bytes.buffer, call);
    return async (...args) => {
      stage.check(chunk, ...args);
      return stage.cpu(kernel, ...args);
    };
  });
  return Object.assign(machine, stages);
}
