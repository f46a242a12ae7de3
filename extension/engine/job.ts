/** What one unit of work is given and what it gives back; a job is one tensor of all checkpoints involved. */
import type { Backend } from '../../kernels/backend.ts';
import type { Kernels } from '../../kernels/wasm.ts';
import type { FilePool } from './checkpoint/io.ts';
import type { TensorComparison } from './inspect/compareJob.ts';
import type { TensorContents } from './inspect/detailJob.ts';
import type { MergeFindings } from './merge/mergeJob.ts';
import type { TensorAnalysis } from './quantize/analysis.ts';
import type { Unfit } from './quantize/unfit.ts';
import type { Codec } from './tvq/layout.ts';

/** How one vector's tensor came out. */
export interface RecordOutcome {
  readonly codec: Codec['codec'];
  /** Row of the scales array: scale and zero (affine), unit and step (entropy), 0 and the value (constant), 0 and 0 (others). */
  readonly scales: readonly [number, number];
  /** XXH64 of the payload, 16 hex digits. */
  readonly checksum: string;
  /** Squared error and squared norm of what was quantized. */
  readonly errors: readonly [number, number];
}

/** A piece of output, in the order of the file. */
export type JobEvent =
  /** A payload of `bytes` bytes follows; instead of what came of it so far, when the same output is begun again. */
  | {
      readonly type: 'begin';
      readonly output: number;
      readonly codec: Codec['codec'];
      readonly bytes: number;
    }
  | { readonly type: 'bytes'; readonly bytes: Uint8Array<ArrayBuffer> }
  /** Comes for every output, after its payload if it has one. */
  | { readonly type: 'end'; readonly output: number; readonly outcome: RecordOutcome };

export interface JobContext {
  readonly backend: Backend;
  /** WebAssembly helpers (hashes); those of the backend itself when that is the CPU. */
  readonly kernels: Kernels;
  readonly files: FilePool;
  readonly signal: AbortSignal;
  /** Hands a piece on; resolves when the next may come. */
  readonly emit: (event: JobEvent) => Promise<void>;
}

/** What a finished job knows beyond its output. */
export interface JobReport {
  /** XXH64 of each source tensor that was read whole, by file order of the job's sources. */
  readonly checksums: readonly (string | undefined)[];
  readonly warnings: readonly string[];
  /** Tensors of a quantization that could not be quantized, or hold no numbers. */
  readonly unfit?: readonly Unfit[];
  /** What an analysis measured, by task tensor. */
  readonly analyses?: readonly TensorAnalysis[];
  /** What a merge job measured. */
  readonly findings?: MergeFindings;
  /** What an inspection found in one tensor. */
  readonly contents?: TensorContents;
  /** How the tasks' tensors lie to each other. */
  readonly comparison?: TensorComparison;
}
