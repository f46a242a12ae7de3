/**
 * The compute interface that both twins implement: `cpu.ts` (WebAssembly SIMD, the reference) and
 * `webgpu.ts` (WGSL). An operation is one stage over one chunk; what a stage computes is defined here, bit by
 * bit, so that codes, packed bytes and sums are identical on every backend.
 *
 * Arithmetic: IEEE binary32, round to nearest even, every operation followed by `ftz`: a result (and every
 * decoded input, and every table value, scale and zero point) below 2^-126 in magnitude is replaced by +0. WGSL
 * permits flushing, contraction and reassociation; writing `ftz` with integer operations between float operations
 * forbids all three in practice. Where an operand is NaN or infinite, so is the stored result, but which of the
 * two, and a NaN's payload, may differ between backends.
 *
 * The regions of one call are distinct unless an operation says otherwise (a buffer cannot be bound for reading
 * and for writing at once); both backends throw a RangeError for that and for slices outside their regions.
 * Operations take effect in the order in which they are called, a write when its promise settles.
 */

import type { CodecStages } from './codecStages.ts';
import type { FloatType, Region, Scope, Slice } from './memory.ts';
import type { GroupStages } from './groupStages.ts';
import type { MergeStages } from './mergeStages.ts';

/** `first` of a slice and every chunk but a tensor's last are multiples of this, so that packed codes of any
 * width start on a 256-byte boundary (WebGPU's minStorageBufferOffsetAlignment). */
export const CHUNK_ALIGNMENT = 2048;

/** Values of one block of a sum. */
export const SUM_BLOCK = 8192;

/** Smallest and largest value; `finite` is false as soon as one NaN or infinity was met (then min and max are
 * those of the finite values and must not be used to quantize). Without a finite value: +Infinity, -Infinity. */
export interface Extent {
  readonly min: number;
  readonly max: number;
  readonly finite: boolean;
}

/** Affine quantizer of one tensor: q = clamp(rint(ftz(ftz(scale·x) + zero)), 0, 2^bits − 1). */
export interface Affine {
  /** 1 to 8. */
  readonly bits: number;
  /** Inverse step, a float32. */
  readonly scale: number;
  /** Zero point, an integer-valued float32, not clamped. */
  readonly zero: number;
}

export interface BackendInfo {
  readonly kind: 'cpu' | 'webgpu';
  /** Human-readable: "CPU, WebAssembly SIMD" or the adapter's name. */
  readonly device: string;
  /** True for a software rasterizer. */
  readonly software: boolean;
}

/** The device or its driver reported an error: an invalid command, memory that ran out, a lost device. */
export class BackendFailure extends Error {
  override name = 'BackendFailure';
}

/** The device went away, or the backend was disposed of: everything pending and everything later fails. */
export class DeviceLost extends BackendFailure {
  override name = 'DeviceLost';
}

/** There is no such backend here; the message says why, for people. */
export class BackendUnusable extends Error {
  override name = 'BackendUnusable';
}

export interface Backend extends MergeStages, CodecStages, GroupStages {
  readonly info: BackendInfo;
  /** The most elements one stage call takes; a multiple of CHUNK_ALIGNMENT and of SUM_BLOCK. */
  readonly chunk: number;
  /** Bytes that one scope may allocate, in one region or in up to a hundred. */
  readonly capacity: number;
  /** Scopes that may run at once, each with `capacity` bytes. */
  readonly scopes: number;

  /** Runs `body` with memory of its own. One scope too many: the CPU backend, which computes in the calling
   * thread and gains nothing by it, throws; the WebGPU backend waits until another scope ends. */
  scope<T>(body: (memory: Scope) => Promise<T>): Promise<T>;

  /** Puts `bytes` bytes at `offset` (a multiple of 4) of `region`: `fill` writes them into the view it is given,
   * which is valid until its promise settles and holds anything before. Up to the next multiple of 4, bytes
   * behind the last one are overwritten as well. */
  write(
    region: Region,
    offset: number,
    bytes: number,
    fill: (view: Uint8Array) => Promise<void>,
  ): Promise<void>;
  /** A copy of `bytes` bytes from `offset` (a multiple of 4), owned by the caller. */
  read(region: Region, offset: number, bytes: number): Promise<Uint8Array>;

  /** Stage delta_minmax: x[i] = ftz(decode(tuned[i]) − decode(reference[i])), or decode(tuned[i]) without a
   * reference; stored as F32 at the start of `out` when given. */
  deltaMinmax(
    tuned: Slice,
    reference: Slice | undefined,
    out: Region | undefined,
    count: number,
  ): Promise<Extent>;

  /** Stage accumulate: sum[i] = ftz(sum[i] + decode(tuned[i])), or decode(tuned[i]) when `first`. `sum` is F32
   * at the start of its region. */
  accumulate(sum: Region, tuned: Slice, first: boolean, count: number): Promise<void>;

  /** Stage mean_delta: x[i] = ftz(ftz(sum[i] / tasks) − decode(base[i])), correctly rounded division, stored
   * as F32 at the start of `out`, which may be `sum`. 1 ≤ tasks ≤ MAX_MEAN_TASKS. */
  meanDelta(sum: Region, tasks: number, base: Slice, out: Region, count: number): Promise<Extent>;

  /** Stage quantize_pack: codes of the F32 values at the start of `x`, flushed as every stage leaves them, code i in bits [i·b, (i+1)·b) of a
   * little-endian bit stream that starts at byte first·b/8 of `codes` (`first` a multiple of CHUNK_ALIGNMENT).
   * Bits after the last code, up to the next multiple of 4 bytes, are zero. Returns what the codes lose,
   * Σ(x − ftz(ftz(q − zero) / scale))² and Σx², summed as delta_energy sums and added to `before`; finite values
   * are asked for, or a NaN makes code 0 and the sums NaN. */
  quantizePack(
    x: Region,
    affine: Affine,
    codes: Region,
    first: number,
    count: number,
    before?: SquaredError,
  ): Promise<SquaredError>;

  /** Stage unpack_dequantize: out[i] = table[code i], or ftz(decode(addend[i]) + table[code i]); F32 at element
   * `outFirst` of `out` (a multiple of CHUNK_ALIGNMENT). `table` has 2^bits values. */
  unpackDequantize(
    codes: Region,
    first: number,
    bits: number,
    table: Float32Array,
    addend: Slice | undefined,
    out: Region,
    outFirst: number,
    count: number,
  ): Promise<void>;

  /** Stage delta_energy: Σ ftz(decode(tuned[i]) − decode(base[i]))², or Σ decode(tuned[i])² without a base. Summation order, that of every
   * sum here: a block is 8192 values = 256 lanes × 32 consecutive values; a lane keeps four F32 sums (value j goes to
   * sum j mod 4, in order) and adds them as (s0+s1)+(s2+s3); lanes are added in pairs l, l+128, then l, l+64 … l, l+1;
   * blocks are added in order in float64. Values past `count` count as zero. `before` is the sum that the blocks are
   * added to: handed from chunk to chunk it makes a tensor's sum the same whatever the chunk size. */
  deltaEnergy(tuned: Slice, base: Slice | undefined, count: number, before?: number): Promise<number>;

  /** Stage encode: F32 values at element `first` of `x`, rounded to nearest even to `type` (overflow gives
   * infinity, every NaN the quiet one without sign and payload), packed at the start of `out`. Not flushed:
   * subnormals keep their value. Counts what does not come out as a number. */
  encode(x: Slice, type: FloatType, out: Region, count: number): Promise<NotNumbers>;

  dispose(): void;
}

/** Values that an encoded type holds as NaN or infinity. */
export interface NotNumbers {
  /** NaN or infinite before they were encoded. */
  readonly nonFinite: number;
  /** Finite, but beyond the type's range. */
  readonly overflowed: number;
}

/** What codes lose, in one call of quantizePack or in several in a row. */
export interface SquaredError {
  /** Σ(x−x')², x' being the value of x's code. */
  readonly error: number;
  /** Σx². */
  readonly energy: number;
}

/** WGSL divides the 32-bit shifted mantissa by the task count; above 127 the quotient has too few bits for a
 * correctly rounded result. */
export const MAX_MEAN_TASKS = 127;

/** Bytes of `count` codes of `bits` bits, truly packed. */
export const packedBytes = (count: number, bits: number): number => Math.ceil((count * bits) / 8);

export const BYTES_PER_ELEMENT: Record<FloatType, number> = { F32: 4, F16: 2, BF16: 2 };
