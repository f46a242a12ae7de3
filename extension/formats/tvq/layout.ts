/**
 * The .tvq container's names, in one place; `docs/tvq-format.md` is its specification. A .tvq file is a valid
 * safetensors file of few tensors: the payloads of all tensors in one, compressed tables that locate them, and arrays
 * of scales and checksums. `__metadata__` describes the file as JSON.
 */

/** The version that is written; older ones can be read. */
export const FORMAT_VERSION = 3;
export const OLDEST_VERSION = 1;
/** Since this version, tensors are listed in tables rather than by name in the header. */
export const FIRST_WITH_TABLES = 3;

/**
 * Newer features that this reader understands. A file that cannot be restored correctly without a newer feature lists
 * it in `tvq_requires`; readers that do not know it refuse the file and name it.
 */
export const FEATURES: ReadonlySet<string> = new Set();

/** The vector that all tasks of an RTVQ file share. No task may have this name. */
export const SHARED_VECTOR = '@shared';
/** Prefix of the base model's checksum array. */
export const BASE_MODEL = '@base';
/** Begins names of tensors and vectors that are not tasks; readers skip those that they do not know. */
const RESERVED = '@';
export const isReserved = (name: string): boolean => name.startsWith(RESERVED);
/** U8: all payloads, one after the other; see tables.ts for which is whose. */
export const PAYLOADS = '@payloads';
/** U8: the compressed tables. */
export const TENSOR_TABLE = '@tensors';
export const RECORD_TABLE = '@records';
/** The nth compressed file beside the tasks' weights. */
export const storedFileName = (n: number): string => `@files/${n}`;

/** Arrays beside a vector's payloads, one row per tensor. */
export const sideArrays = {
  /** F32 [n, 2]: scale and zero point (affine), unit and quantizer step (entropy), 1 and 0
   * (factors, ratio), 0 and the value (constant), 0 and 0 (others); of a `codebook` the unit, which is the scale of byte 255, and 0. */
  scales: (vector: string) => `${vector}:scales`,
  /** U64 [n]: XXH64 of the payload's bytes; that of no bytes if there is no payload. */
  checksums: (vector: string) => `${vector}:checksums`,
  /** F32 [n, 2]: squared error and squared norm of what was quantized; 0 and 0 if nothing was. */
  errors: (vector: string) => `${vector}:errors`,
};

/** A payload's name: in the header up to version 2, only in messages since. */
export const payloadName = (vector: string, tensor: string) => `${vector}/${tensor}`;

/** Letters, digits, dot, dash, underscore: valid as a file name on every system, and never `@…`, `a/b` or `a:b`. */
const TASK_NAME = /^[\p{L}\p{N}_][\p{L}\p{N}._-]{0,127}$/u;
export const isTaskName = (name: string): boolean => TASK_NAME.test(name);

/** Hex SHA-256 of everything before the data, computed with these digits as zeros. */
export const HEADER_HASH_KEY = 'tvq_header_sha256';
export const HEADER_HASH_PLACEHOLDER = '0'.repeat(64);

/** Value of `format` in the metadata. */
export const FORMAT_NAME = 'tvq';
