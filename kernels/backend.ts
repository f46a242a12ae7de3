/**
 * What computes: `backends/cpu/` (WebAssembly SIMD, the reference) and `backends/webgpu/` (WGSL). An operation is one
 * stage over one chunk; `stages/` defines what each computes, bit for bit the same on every backend. Operations take
 * effect in the order they are called, a write when its promise settles.
 */
import type { Region, Scope } from './memory.ts';
import type { Stages } from './stages/index.ts';

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

/** The device went away, or the backend was disposed of: pending and later operations all fail. */
export class DeviceLost extends BackendFailure {
  override name = 'DeviceLost';
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The backend is not available here; the message tells the user why. */
export class BackendUnusable extends Error {
  override name = 'BackendUnusable';
}

/** A backend's memory and its description, apart from what it computes. */
export interface Machine {
  readonly info: BackendInfo;
  /** The most elements one stage call takes; a multiple of CHUNK_ALIGNMENT and of SUM_BLOCK. */
  readonly chunk: number;
  /** Bytes that one scope may allocate, in one region or in up to a hundred. */
  readonly capacity: number;
  /** Scopes that may run at once, each with `capacity` bytes. */
  readonly scopes: number;

  /** Runs `body` with memory of its own. When all scopes are taken, the CPU backend, which computes in the calling
   * thread and gains nothing from waiting, throws; the WebGPU backend waits until another scope ends. */
  scope<T>(body: (memory: Scope) => Promise<T>): Promise<T>;

  /** Puts `bytes` bytes at `offset` (a multiple of 4) of `region`: `fill` writes them into the view it is given, which
   * is valid until its promise settles and starts with arbitrary bytes. Bytes after the last one are overwritten too,
   * up to the next multiple of 4. */
  write(
    region: Region,
    offset: number,
    bytes: number,
    fill: (view: Uint8Array) => Promise<void>,
  ): Promise<void>;
  /** A copy of `bytes` bytes from `offset` (a multiple of 4), owned by the caller. */
  read(region: Region, offset: number, bytes: number): Promise<Uint8Array>;

  dispose(): void;
}

export type Backend = Machine & Stages;
