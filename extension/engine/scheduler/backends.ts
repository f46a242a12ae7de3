/** Which backend runs a job. */
import { availableParallelism, cpus } from 'node:os';
import { BackendUnusable } from '../../../kernels/backend.ts';
import { CHUNK } from '../../../kernels/backends/cpu/backend.ts';
import { probeDevices, selectBackend } from '../../../kernels/backends/select.ts';
import type { RunOptions } from '../../protocol/recipes.ts';
import type { DevicesReport } from '../../protocol/results.ts';
import { cpuRoom, localMemory, type Room } from './memoryShare.ts';
import type { EngineBackend } from './engineBackend.ts';
import { UserError } from '../../shared/errors.ts';
import { GpuBackend } from './gpuBackend.ts';
import { KeptGpu } from './keptGpu.ts';
import { loadKernels } from '../kernels.ts';
import { endIdleThreads, threadRunner } from './threads.ts';

/** Shared by all jobs of this process. */
const gpu = new KeptGpu();

/** The room for a plan when nothing will be run: the CPU's, which needs no probing. */
export const previewRoom = (options: RunOptions): Room => cpuRoom(CHUNK, options);

/**
 * Opens the backend that `options` ask for.
 * @param tell called at once when it fails and another takes over
 * @throws UserError when it is not available
 */
export async function chooseBackend(
  options: RunOptions,
  tell: (message: string) => void = () => undefined,
): Promise<EngineBackend> {
  const { memory } = options;
  const selection = await selectBackend(options.backend, { memory: localMemory(memory) }, gpu).catch(
    asUserError,
  );
  if (selection.kind === 'webgpu') {
    await endIdleThreads();
    return new GpuBackend(selection.backend, await loadKernels(), selection.reason, options, tell);
  }
  return {
    kind: 'cpu',
    reason: selection.reason,
    warnings: [],
    room: cpuRoom(CHUNK, options),
    runner: threadRunner,
    dispose: () => undefined,
  };
}

/** Every backend, tested, and the one that `options` select. */
export async function reportDevices({ backend, threads }: RunOptions): Promise<DevicesReport> {
  const cores = availableParallelism();
  const processor = { name: cpus()[0]?.model.trim() ?? '', cores };
  return { ...(await probeDevices(processor, backend, gpu)), threads: threads || cores };
}

function asUserError(error: unknown): never {
  throw error instanceof BackendUnusable ? new UserError(error.message) : error;
}
