/** One unit of work: its input and its results. */
import type { Backend } from '../../../kernels/backend.ts';
import type { Kernels } from '../../../kernels/wasm.ts';
import type { FilePool } from '../../formats/filePool.ts';
import type { Codec } from '../../formats/tvq/codecs.ts';

/** One tensor of all checkpoints involved: plain data, so that it can be sent to a thread. */
export interface Item {
  /** Of its ItemKind. */
  readonly kind: string;
  readonly tensor: string;
  /** Whether all of the tensor fits into backend memory, so that it is read once; undefined where that makes no difference. */
  readonly resident?: boolean;
}

/** How one vector's tensor came out. */
export interface RecordOutcome {
  readonly codec: Codec['codec'];
  /** Row of the scales array: scale and zero (affine), unit and step (entropy), 1 and 0 (factors, ratio), 0 and the value (constant), 0 and 0 (others). */
  readonly scales: readonly [number, number];
  /** XXH64 of the payload, 16 hex digits. */
  readonly checksum: string;
  /** Squared error and squared norm of what was quantized. */
  readonly errors: readonly [number, number];
}

/** A piece of output, in the order of the file. */
export type ItemEvent =
  /** A payload of `bytes` bytes follows; it replaces what was emitted so far if the same output is begun again. */
  | {
      readonly type: 'begin';
      readonly output: number;
      readonly codec: Codec['codec'];
      readonly bytes: number;
    }
  | { readonly type: 'bytes'; readonly bytes: Uint8Array<ArrayBuffer> }
  /** Comes for every output, after its payload if it has one. */
  | { readonly type: 'end'; readonly output: number; readonly outcome: RecordOutcome };

export interface ItemContext {
  readonly backend: Backend;
  /** WebAssembly helpers (hashes); those of the backend itself when that is the CPU. */
  readonly kernels: Kernels;
  readonly files: FilePool;
  readonly signal: AbortSignal;
  /** Passes on a piece; resolves when the next may come. */
  readonly emit: (event: ItemEvent) => Promise<void>;
}

/** What a finished item knows beyond its output; each kind of item adds more. */
export interface ItemReport {
  /** XXH64 of each source tensor that was read completely, by file order of the item's sources. */
  readonly checksums: readonly (string | undefined)[];
  readonly warnings: readonly string[];
}
