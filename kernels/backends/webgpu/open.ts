/** Opening the WebGPU backend, and testing it before it is given a single tensor. */
import { BackendUnusable, DeviceLost, type Backend } from '../../backend.ts';
import { failedChecks } from '../selfTest.ts';
import { findAdapter, NEEDED_LIMITS, type FoundAdapter } from './adapter.ts';
import { webGpuBackend } from './backend.ts';
import { Device, USAGE } from './device.ts';

export { findAdapter } from './adapter.ts';
export type { FoundAdapter } from './adapter.ts';

export interface WebGpuOptions {
  /** Part of an adapter's name; the fastest adapter by default. */
  readonly adapter?: string;
  /** Bytes of GPU memory that all scopes together may use. */
  readonly memory: number;
  /** Maximum workgroups in one dimension of a dispatch, to set it below the device's limit. */
  readonly gridWidth?: number;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function openDevice({ adapter, name, limits }: FoundAdapter): Promise<Device> {
  const requiredLimits = Object.fromEntries(NEEDED_LIMITS.map(limit => [limit, limits[limit] ?? 0]));
  try {
    return new Device(await adapter.requestDevice({ label: 'tvq', requiredLimits }), name);
  } catch (error) {
    throw new BackendUnusable(`${name} gives no device: ${messageOf(error)}`);
  }
}

/**
 * Whether GPU memory can be mapped into this process. In Electron it cannot ("External buffers are not allowed",
 * https://github.com/dawn-gpu/node-webgpu/issues/5), and there is no other way to read a result.
 */
function checkMapping({ gpu, name }: Device): void {
  const usage = USAGE.MAP_READ | USAGE.COPY_DST;
  const probe = gpu.createBuffer({ label: 'probe', size: 16, usage, mappedAtCreation: true });
  try {
    new Uint8Array(probe.getMappedRange()).fill(1);
    probe.unmap();
  } catch (error) {
    throw new BackendUnusable(`results cannot be read back from ${name}: ${messageOf(error)}`);
  } finally {
    probe.destroy();
  }
}

/** The self-test's stages on a few thousand values, compared byte for byte. */
async function checkStages(backend: Backend): Promise<void> {
  const { device } = backend.info;
  let failed: readonly string[];
  try {
    failed = await failedChecks(backend);
  } catch (error) {
    const why = error instanceof DeviceLost ? 'it was lost' : messageOf(error);
    throw new BackendUnusable(`${device} failed its self-test: ${why}`);
  }
  if (failed.length > 0) {
    throw new BackendUnusable(`${device} computes differently from the reference: ${failed.join(', ')}`);
  }
}

/** Opens `found`; `options.adapter` is ignored. See createWebGpuBackend. */
export async function openWebGpuBackend(found: FoundAdapter, options: WebGpuOptions): Promise<Backend> {
  const device = await openDevice(found);
  try {
    checkMapping(device);
    const limit = (name: string): number => found.limits[name] ?? 0;
    const most = limit('maxComputeWorkgroupsPerDimension');
    const backend = webGpuBackend({ kind: 'webgpu', device: found.name, software: found.software }, device, {
      memory: options.memory,
      maxBufferSize: limit('maxBufferSize'),
      maxStorageBufferBindingSize: limit('maxStorageBufferBindingSize'),
      gridWidth: Math.min(options.gridWidth ?? most, most),
    });
    await checkStages(backend);
    return backend;
  } catch (error) {
    device.gpu.destroy();
    throw error;
  }
}

/**
 * Loads the native library, opens an adapter and tests it.
 * @throws BackendUnusable with a readable reason when any step fails.
 */
export async function createWebGpuBackend(options: WebGpuOptions): Promise<Backend> {
  return openWebGpuBackend(await findAdapter(options.adapter), options);
}
