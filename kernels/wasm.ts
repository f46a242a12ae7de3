/** The WebAssembly module of the CPU stages (kernels/cpu): loading it, and the memory it works in. */
import { readFile } from 'node:fs/promises';
import type { FloatType } from './backend.ts';

/** A byte address in the module's memory. */
export type Pointer = number;

/** What kernels/cpu/index.ts exports. */
export interface KernelExports {
  deltaMinmax(
    tuned: Pointer,
    tunedType: number,
    reference: Pointer,
    referenceType: number,
    out: Pointer,
    count: number,
    extent: Pointer,
  ): void;
  accumulate(sum: Pointer, tuned: Pointer, tunedType: number, first: number, count: number): void;
  meanDelta(
    sum: Pointer,
    tasks: number,
    base: Pointer,
    baseType: number,
    out: Pointer,
    count: number,
    extent: Pointer,
  ): void;
  quantizePack(x: Pointer, scale: number, zero: number, bits: number, codes: Pointer, count: number): void;
  unpackDequantize(
    codes: Pointer,
    bits: number,
    table: Pointer,
    addend: Pointer,
    addendType: number,
    out: Pointer,
    count: number,
  ): void;
  squaredError(x: Pointer, y: Pointer, count: number, lanes: Pointer, sums: Pointer): void;
  encode(x: Pointer, type: number, out: Pointer, count: number): void;
  demote(at: Pointer, count: number): void;
  xxh64Reset(state: Pointer): void;
  xxh64Update(state: Pointer, data: Pointer, length: number): void;
  xxh64Digest(state: Pointer): bigint;
}

/** Type numbers of kernels/cpu/decode.ts and kernels/wgsl/common.wgsl. */
export const TYPE_NUMBERS: Record<FloatType, number> = { F32: 0, F16: 1, BF16: 2 };
export const NO_TYPE = 3;

/** Addresses of the working memory that the stages share; all of it lies below `size`. Nothing is at 0, which
 * stands for "no region". Everything is dead between two calls. */
export const SCRATCH = {
  /** {min: f32, max: f32, finite: i32}. */
  extent: 64,
  /** {error: f64, energy: f64}. */
  sums: 128,
  /** 256 float32 and 64 bytes. */
  table: 1024,
  /** 512 float32. */
  lanes: 4096,
  /** State of the XXH64 being computed. */
  hash: 8192,
  /** Bytes from elsewhere on their way through hash or demote. */
  block: 16_384,
  blockBytes: 49_152,
  size: 65_536,
} as const;

/** WebAssembly's page size. */
const PAGE = 65_536;

/** One page less than 4 GiB: the last address must still fit 32 bits. */
export const MAX_MEMORY = 65_535 * PAGE;

/** An instance of the module with its memory, which never grows, so that views into it stay valid. */
export interface Kernels {
  readonly exports: KernelExports;
  /** The whole memory. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Compiles the module, from a file URL or from its bytes. The result can be sent to worker threads.
 * @throws the file system's error, or WebAssembly.CompileError.
 */
export async function compileKernels(source: URL | Uint8Array): Promise<WebAssembly.Module> {
  const bytes = source instanceof URL ? await readFile(source) : source;
  return WebAssembly.compile(bytes as Uint8Array<ArrayBuffer>);
}

/**
 * Instantiates the module with `size` bytes of memory (SCRATCH.size is enough for checksums alone). The operating
 * system commits the pages when they are first touched.
 */
export function instantiateKernels(module: WebAssembly.Module, size: number = SCRATCH.size): Kernels {
  const pages = Math.ceil(Math.min(size, MAX_MEMORY) / PAGE);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  return {
    exports: instance.exports as unknown as KernelExports,
    bytes: new Uint8Array(memory.buffer),
  };
}
