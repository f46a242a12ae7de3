/** The WebAssembly module of the CPU's stages and functions: loading it, and the memory it works in. */
import { MAX_ROW, type FloatType } from './memory.ts';

/** Type numbers of kernels/shared/decode.ts and kernels/shared/common.wgsl. */
export const TYPE_NUMBERS: Record<FloatType, number> = { F32: 0, F16: 1, BF16: 2 };
export const NO_TYPE = 3;

/** Addresses of the working memory that the stages share; all of it lies below `size`. Nothing is at 0, which stands for
 * "no region". Nothing is kept between two calls. */
export const SCRATCH = {
  /** {min: f32, max: f32, finite: i32}. */
  extent: 64,
  /** Up to three float64. */
  sums: 128,
  /** Up to four u32 that a stage counted. */
  counts: 192,
  /** {key: i32, end: i32} of row_band. */
  bound: 256,
  /** 256 float32 and 64 bytes: values of codes, thresholds, inverse scales; 256 frequencies of rANS. */
  table: 1024,
  /** 768 float32: lanes of sums; scales of groups, boundaries of codes. */
  lanes: 4096,
  /** State of the current XXH64. */
  hash: 8192,
  /** Outside bytes being hashed or demoted; pieces of matrices being multiplied. */
  block: 16_384,
  blockBytes: 49_152,
  /** 2048 u32 of magnitude_histogram, 1024 of code_counts; offsets of the streams of a chunk. */
  bins: 65_536,
  /** Random words of up to 1040 elements. */
  words: 73_728,
  /** Keys of up to 1028 values. */
  gathered: 81_920,
  /** Working memory of kernels/shared/radix.ts: 64 KiB and 256 bytes; words of four streams of rans_encode.ts. */
  radix: 98_304,
  /** Tables of rans_encode.ts, 4 KiB, and of rans_decode.ts, 17 KiB. */
  rans: 164_352,
  size: 196_608,
} as const;

/** Where a row's keys are sorted: 16 bytes per value, after the other working memory. */
export const ROW_MEMORY = { at: SCRATCH.size, bytes: 16 * MAX_ROW + 64 } as const;

/** A byte address in the module's memory. */
export type Pointer = number;

/** What the module exports: a function for each stage, under the name of its call, and those that are not stages. */
export interface KernelExports extends Readonly<Record<string, unknown>> {
  addProduct(a: Pointer, b: Pointer, c: Pointer, rows: number, inner: number, cols: number): void;
  demote(at: Pointer, count: number): void;
  ransEncode(
    codes: Pointer,
    count: number,
    frequencies: Pointer,
    symbols: Pointer,
    words: Pointer,
    lengths: Pointer,
  ): number;
  xxh64Reset(state: Pointer): void;
  xxh64Update(state: Pointer, data: Pointer, length: number): void;
  xxh64Digest(state: Pointer): bigint;
}

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
 * Compiles the module. The result can be sent to worker threads.
 * @throws WebAssembly.CompileError.
 */
export const compileKernels = (bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> =>
  WebAssembly.compile(bytes);

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
