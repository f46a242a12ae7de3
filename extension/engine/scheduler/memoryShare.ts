/** How the bytes that the engine may use are divided. */
import { availableParallelism } from 'node:os';
import { MAX_CAPACITY } from '../../../kernels/backends/cpu/backend.ts';
import type { RunOptions } from '../../protocol/recipes.ts';

const MIB = 2 ** 20;
/** Resident size of the engine with its bundle, file buffers and pieces waiting to be written; measured. */
const PROCESS_BYTES = 160 * MIB;
/** A worker thread's own heap and stack; measured. */
const THREAD_BYTES = 48 * MIB;
/** With less than this, one thread is faster than two. */
const MIN_ARENA = 64 * MIB;

export interface MemoryShare {
  /** Items that run side by side. */
  readonly threads: number;
  /** Bytes of backend memory each has. */
  readonly arena: number;
}

/** What a backend offers to a plan. */
export interface Room {
  /** The most elements that a stage takes at once. */
  readonly chunk: number;
  /** Bytes that the engine may use. */
  readonly memory: number;
  /** How items share the memory when the most that any of them needs is `needed`. */
  share(needed: number): MemoryShare;
}

/** Room of CPU threads. */
export const cpuRoom = (chunk: number, options: Pick<RunOptions, 'memory' | 'threads'>): Room => ({
  chunk,
  memory: options.memory,
  share: needed => shareFor(options, needed),
});

/** Bytes that a backend in the engine's own thread may use. */
export const localMemory = (memory: number): number => Math.max(0, memory - PROCESS_BYTES);

export const MIN_MEMORY = PROCESS_BYTES + THREAD_BYTES + MIN_ARENA;

/** Threads and memory of each for `options`, when `needed` is the most bytes that a single item needs. */
export function shareFor(options: Pick<RunOptions, 'memory' | 'threads'>, needed: number): MemoryShare {
  const wanted = options.threads || availableParallelism();
  const arenaOf = (threads: number) =>
    Math.min(MAX_CAPACITY, Math.floor((options.memory - PROCESS_BYTES - threads * THREAD_BYTES) / threads));
  for (let threads = wanted; threads > 1; threads--) {
    const arena = arenaOf(threads);
    if (arena >= Math.max(needed, MIN_ARENA)) return { threads, arena };
  }
  return { threads: 1, arena: Math.max(0, arenaOf(1)) };
}
