/**
 * What a compute stage is: one descriptor, used by every backend, the self-test and the tests. Results are
 * byte-identical on every backend.
 *
 * Arithmetic: IEEE binary32, round to nearest even, every operation followed by `ftz`: a result (and every decoded
 * input, and every table value, scale and zero point) below 2^-126 in magnitude is replaced by +0. WGSL permits
 * flushing, contraction and reassociation; writing `ftz` with integer operations between float operations forbids all
 * three in practice. Where an operand is NaN or infinite, so is the stored result, but which of the two, and a NaN's
 * payload, may differ between backends.
 *
 * Values are F32 at the start of their regions unless a stage says otherwise; they and float parameters are flushed
 * when read, so +0 is the only zero. The regions of one call are distinct unless it says otherwise (a buffer cannot be
 * bound for reading and for writing at once); both backends throw a RangeError for that and for slices outside their
 * regions. No stage touches a region past its last value.
 */
import type { Region, Slice } from '../memory.ts';
import type { Pointer } from '../wasm.ts';

/** A stage's kernel in the WebAssembly module, and the memory it works in. */
export interface Kernel {
  /** Calls it: a region stands for its first byte, a boolean for 0 or 1. @returns what it returns */
  run(...args: readonly (number | boolean | Region)[]): number;
  /** Address of a byte of `region`. */
  at(region: Region, byte: number): Pointer;
  /** Address and type number of the first element of `slice`, or what stands for no slice. */
  elements(slice: Slice | undefined): [Pointer, number];
  /** A copy of `values` in the working memory at `at`. @returns `at` */
  put(at: Pointer, values: Float32Array | Uint32Array | Uint16Array): Pointer;
  /** Numbers in the working memory, where they stand. */
  floats(at: Pointer, count: number): Float32Array;
  doubles(at: Pointer, count: number): Float64Array;
  words(at: Pointer, count: number): Uint32Array;
}

/** A window of memory, bound as `@binding(1)` and up, in order. */
export interface Binding {
  /** A region; the stage's results; the table of the work; nothing, where constants tell the shader not to write; or
   * memory for this one call. */
  readonly memory: Region | 'results' | 'table' | 'nothing' | 'scratch';
  /** A multiple of OFFSET_BYTES. */
  readonly offset?: number;
  readonly bytes: number;
}

/** One dispatch of a stage's shader. */
export interface Work<Result> {
  /** Values of the shader's `override` constants. */
  readonly constants?: Readonly<Record<string, number | boolean>>;
  /** The shader's Params, 16 words at most. */
  readonly params: Iterable<number>;
  /** Written to the table buffer first: 1024 words at most. */
  readonly table?: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;
  readonly bindings: readonly Binding[];
  /** Number of workgroups; with 0, nothing is run and the results are zeros. */
  readonly groups: number;
  /** Size of the results, and whether they are zeroed first. */
  readonly found?: { readonly bytes: number; readonly cleared: boolean };
  /** Converts the bytes of the results to the call's result. */
  readonly result: (found: Uint8Array) => Result;
}

/** A tiny call whose results are known: what a device must get right before it is trusted. */
export interface SelfTest<Call> {
  /** Initial contents of its regions. */
  inputs(this: void): readonly (Float32Array | Uint8Array)[];
  /** Calls the stage, once or several times. @returns numbers that it returned */
  run(this: void, call: Call, ...regions: Region[]): Promise<readonly number[]>;
  /** Of those numbers and the final contents of the regions (see selfTest.ts). The tests compute it independently. */
  readonly digest: string;
  /** The shader has kilobytes of workgroup memory. A software adapter, used only on request, takes up to a second to
   * compile it, so the test is skipped there. */
  readonly slow?: boolean;
}

/** A stage, typed by its call: the method of its interface. */
export interface Stage<Call extends (...args: never[]) => Promise<unknown>> {
  /** Also the name of its folder, its shader and the shader's twin; the call has the same name in camel case. */
  readonly name: string;
  /** The shader, preceded by the parts it shares with others. */
  readonly shader: string;
  /** @throws RangeError for arguments that do not fit each other, their regions, or `chunk` elements per call */
  check(this: void, chunk: number, ...args: Parameters<Call>): void;
  cpu(this: void, kernel: Kernel, ...args: Parameters<Call>): Awaited<ReturnType<Call>>;
  gpu(this: void, ...args: Parameters<Call>): Work<Awaited<ReturnType<Call>>>;
  readonly selfTest: SelfTest<Call>;
}

/** A stage, whatever its arguments and results. */
export type AnyStage = Stage<(...args: unknown[]) => Promise<unknown>>;
