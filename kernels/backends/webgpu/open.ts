import type { Backend } from '../../backend.ts';
import { findAdapter, type FoundAdapter } from './adapter.ts';
import { TestedGpu, type BackendOptions } from './testedGpu.ts';

export interface WebGpuOptions extends BackendOptions {
  /** Part of an adapter's name; the fastest adapter by default. */
  readonly adapter?: string;
}

/** Opens `found`; `options.adapter` is ignored. See createWebGpuBackend. */
export async function openWebGpuBackend(found: FoundAdapter, options: WebGpuOptions): Promise<Backend> {
  const gpu = await TestedGpu.open(found);
  return gpu.backend(options, () => gpu.destroy());
}

/**
 * Loads the native library, opens an adapter and tests it, for one backend.
 * @throws BackendUnusable with a readable reason when any step fails.
 */
export async function createWebGpuBackend(options: WebGpuOptions): Promise<Backend> {
  return openWebGpuBackend(await findAdapter(options.adapter), options);
}
