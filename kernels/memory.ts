/** Memory of a backend, and what stands in it. */

/** Numeric types a stage decodes and encodes; F64 is rounded to F32 while it is read. */
export type FloatType = 'F32' | 'F16' | 'BF16';

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
    super(`${what} has ${free} bytes left, ${asked} were asked for`);
    this.name = 'OutOfBackendMemory';
  }
}
