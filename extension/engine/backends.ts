/** The engine's backends: which one runs a job, and how. */
import { availableParallelism } from 'node:os';
import { BackendUnusable } from '../../kernels/backend.ts';
import { CHUNK } from '../../kernels/cpu.ts';
import { probeDevices, selectBackend } from '../../kernels/select.ts';
import type { DevicesReport, RunOptions } from '../protocol.ts';
import { cpuRoom, localMemory, type Budget, type Room } from './budget.ts';
import { UserError } from './errors.ts';
import { localRunner, type JobRunner } from './jobRunner.ts';
import { kernelModule, loadKernels } from './kernels.ts';
import { ThreadPool } from './threads.ts';

/** A backend ready to run jobs. */
export interface EngineBackend {
  readonly kind: 'cpu' | 'webgpu';
  /** Why this one, in a sentence. */
  readonly reason: string;
  readonly room: Room;
  runner(budget: Budget): JobRunner;
  dispose(): Promise<void>;
}

/** What a plan is made with when nothing will be run: the CPU's room, which needs no probing. */
export const previewRoom = (options: RunOptions): Room => cpuRoom(CHUNK, options);

/** Opens the backend that `options` ask for. @throws UserError when it cannot be had */
export async function chooseBackend(options: RunOptions): Promise<EngineBackend> {
  const { memory } = options;
  const selection = await selectBackend(options.backend, { memory: localMemory(memory) }).catch(asUserError);
  if (selection.kind === 'webgpu') {
    const { backend, reason } = selection;
    const kernels = await loadKernels();
    const budget = { threads: backend.scopes, arena: backend.capacity };
    return {
      kind: 'webgpu',
      reason,
      room: { chunk: backend.chunk, memory, budget: () => budget },
      runner: () => localRunner(backend, kernels),
      dispose: async () => backend.dispose(),
    };
  }
  const pool = new ThreadPool(await kernelModule());
  return {
    kind: 'cpu',
    reason: selection.reason,
    room: cpuRoom(CHUNK, options),
    runner: budget => pool.runner(budget),
    dispose: () => pool.dispose(),
  };
}

/** Every backend, tested, and the one that `options` lead to. */
export async function reportDevices({ backend, threads }: RunOptions): Promise<DevicesReport> {
  return { ...(await probeDevices(backend)), threads: threads || availableParallelism() };
}

function asUserError(error: unknown): never {
  throw error instanceof BackendUnusable ? new UserError(error.message) : error;
}
