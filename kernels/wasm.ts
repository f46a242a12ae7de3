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
  quantizePack(
    x: Pointer,
    scale: number,
    zero: number,
    bits: number,
    codes: Pointer,
    count: number,
    lanes: Pointer,
    sums: Pointer,
  ): void;
  unpackDequantize(
    codes: Pointer,
    bits: number,
    table: Pointer,
    addend: Pointer,
    addendType: number,
    out: Pointer,
    count: number,
  ): void;
  deltaEnergy(
    tuned: Pointer,
    tunedType: number,
    base: Pointer,
    baseType: number,
    count: number,
    before: number,
    lanes: Pointer,
  ): number;
  encode(x: Pointer, type: number, out: Pointer, count: number): void;
  axpy(sum: Pointer, x: Pointer, weight: number, first: number, count: number): void;
  magnitudeHistogram(
    x: Pointer,
    shift: number,
    bits: number,
    prefix: number,
    count: number,
    counts: Pointer,
    work: Pointer,
    gathered: Pointer,
  ): void;
  trim(x: Pointer, threshold: number, count: number): number;
  signCounts(x: Pointer, count: number, counts: Pointer): void;
  disjointSum(
    total: Pointer,
    x: Pointer,
    zeroSign: number,
    weight: number,
    shareWeight: number,
    sum: Pointer,
    share: Pointer,
    first: number,
    count: number,
  ): void;
  quotient(x: Pointer, share: Pointer, count: number): void;
  maxMagnitude(best: Pointer, x: Pointer, first: number, count: number): void;
  consensusVote(
    total: Pointer,
    x: Pointer,
    lambda: number,
    votes: Pointer,
    first: number,
    count: number,
  ): void;
  keepVoted(x: Pointer, votes: Pointer, least: number, count: number): number;
  unify(total: Pointer, x: Pointer, unified: Pointer, first: number, count: number): void;
  maskBySign(x: Pointer, unified: Pointer, out: Pointer, count: number): void;
  rowBand(
    x: Pointer,
    rows: number,
    length: number,
    drop: number,
    keep: number,
    work: Pointer,
    keys: Pointer,
    bound: Pointer,
  ): void;
  randomDrop(
    x: Pointer,
    keepBelow: number,
    scale: number,
    seed0: number,
    seed1: number,
    tensor: number,
    task: number,
    block: number,
    count: number,
    words: Pointer,
  ): void;
  rankDrop(
    x: Pointer,
    rows: number,
    length: number,
    low: number,
    step: number,
    rescale: number,
    seed0: number,
    seed1: number,
    tensor: number,
    task: number,
    index: number,
    work: Pointer,
    words: Pointer,
    pairs: Pointer,
  ): void;
  compareTask(
    delta: Pointer,
    x: Pointer,
    flags: Pointer,
    first: number,
    count: number,
    lanes: Pointer,
    sums: Pointer,
    counts: Pointer,
  ): void;
  products(x: Pointer, y: Pointer, count: number, lanes: Pointer, sums: Pointer): void;
  absSum(x: Pointer, count: number, before: number, lanes: Pointer): number;
  rotate(x: Pointer, word: number, block: number, count: number): void;
  rotate256(x: Pointer, word: number, count: number): void;
  codeCounts(codes: Pointer, count: number, counts: Pointer): void;
  ransDecode(
    payload: Pointer,
    offsets: Pointer,
    frequencies: Pointer,
    codes: Pointer,
    count: number,
    slots: Pointer,
  ): void;
  ransEncode(
    codes: Pointer,
    count: number,
    frequencies: Pointer,
    symbols: Pointer,
    words: Pointer,
    lengths: Pointer,
  ): number;
  groupScales(
    x: Pointer,
    groupSize: number,
    thresholds: Pointer,
    scales: Pointer,
    count: number,
    work: Pointer,
  ): void;
  quantizeGroups(
    x: Pointer,
    scales: Pointer,
    groupSize: number,
    inverse: Pointer,
    boundaries: Pointer,
    bits: number,
    codes: Pointer,
    count: number,
  ): void;
  dequantizeGroups(
    codes: Pointer,
    bits: number,
    values: Pointer,
    bytes: Pointer,
    groupSize: number,
    scales: Pointer,
    out: Pointer,
    count: number,
  ): void;
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
  /** State of the XXH64 being computed. */
  hash: 8192,
  /** Bytes from elsewhere on their way through hash or demote. */
  block: 16_384,
  blockBytes: 49_152,
  /** 2048 u32 of magnitude_histogram, 1024 of code_counts; offsets of the streams of a chunk. */
  bins: 65_536,
  /** Random words of up to 1040 elements. */
  words: 73_728,
  /** Keys of up to 1028 values. */
  gathered: 81_920,
  /** Working memory of kernels/cpu/radix.ts: 64 KiB and 256 bytes; words of four streams of rans_encode.ts. */
  radix: 98_304,
  /** Tables of rans_encode.ts, 4 KiB, and of rans_decode.ts, 17 KiB. */
  rans: 164_352,
  size: 196_608,
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
