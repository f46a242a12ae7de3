/** Memory of a backend, and what it holds. */

/** Numeric types a stage decodes and encodes; F64 is rounded to F32 on reading. */
export type FloatType = 'F32' | 'F16' | 'BF16';

export const BYTES_PER_ELEMENT: Record<FloatType, number> = { F32: 4, F16: 2, BF16: 2 };

/** `first` of a slice and every chunk but a tensor's last are multiples of this, so that packed codes of any
 * width start on a 256-byte boundary (WebGPU's minStorageBufferOffsetAlignment). */
export const CHUNK_ALIGNMENT = 2048;

/** The longest row of the row stages. Several rows must fit in a chunk together; a single one may be longer. */
export const MAX_ROW = 2 ** 20;

/** A stretch of backend memory; opaque to callers. */
export interface Region {
  readonly bytes: number;
}

/** Elements of `type` that begin at element `first` of a region; `first` is a multiple of CHUNK_ALIGNMENT. */
export interface Slice {
  readonly region: Region;
  readonly type: FloatType;
  readonly first: number;
}

/** Memory of one job; everything in it is given back when the job's scope ends. */
export interface Scope {
  /** Uninitialised memory of at least `bytes`; throws OutOfBackendMemory. */
  alloc(bytes: number): Region;
}

/** A scope's share of the memory is used up. */
export class OutOfBackendMemory extends Error {
  constructor(asked: number, free: number, what: string) {
    super(`${what} has ${free} bytes left, ${asked} were requested`);
    this.name = 'OutOfBackendMemory';
  }
}
