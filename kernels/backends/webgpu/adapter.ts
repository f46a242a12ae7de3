/** Finding a WebGPU adapter: loading the native library, telling software from hardware. */
import { BackendUnusable, messageOf } from '../../backend.ts';

/** An adapter that has not been used yet: it gives only one device. */
export interface FoundAdapter {
  readonly adapter: GPUAdapter;
  /** The adapter's name to show, as its driver reports it. */
  readonly name: string;
  readonly software: boolean;
  readonly limits: Readonly<Record<string, number>>;
}

/** Limits that the backend's sizes depend on; a device is asked for as much of each as its adapter has. */
export const NEEDED_LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupsPerDimension',
] as const;

/** Names of software rasterizers, for drivers that do not say so themselves. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|software/i;

/** No adapter has this name, so asking for it makes Dawn list the names it knows. */
const NO_NAME = '\u0001';

/**
 * GPU objects by the flags they were made with, held for the life of the process: when one is garbage-collected
 * while its device is in use, the next asynchronous call on the device hangs or aborts the process.
 */
const HELD = Symbol.for('tvq.webgpu.instances');

const held = (): Map<string, GPU> => {
  const scope = globalThis as { [HELD]?: Map<string, GPU> };
  return (scope[HELD] ??= new Map<string, GPU>());
};

async function instance(flags: readonly string[]): Promise<GPU> {
  const key = flags.join();
  const existing = held().get(key);
  if (existing) return existing;
  try {
    const { create } = await import('webgpu');
    const gpu = create([...flags]);
    held().set(key, gpu);
    return gpu;
  } catch (error) {
    const absent = (error as { readonly code?: unknown }).code === 'ERR_MODULE_NOT_FOUND';
    const reason = absent ? 'it is not part of this package' : messageOf(error);
    throw new BackendUnusable(`the WebGPU library cannot be loaded: ${reason}`);
  }
}

/** Full names of the adapters; the API itself gives only a normalised form. */
async function adapterNames(): Promise<string[]> {
  const gpu = await instance([`adapter=${NO_NAME}`]);
  const message = await gpu.requestAdapter().then(() => '', messageOf);
  return [...message.matchAll(/name: '([^']*)'/g)].map(match => match[1] ?? '');
}

const normalised = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]+/g, '-');

async function nameOf(info: GPUAdapterInfo): Promise<string> {
  const full = (await adapterNames()).find(name => normalised(name) === normalised(info.device));
  return full ?? (info.device || info.description || info.vendor || 'unnamed adapter');
}

/** The fastest adapter. @throws BackendUnusable when there is none or the library cannot be loaded */
export async function findAdapter(): Promise<FoundAdapter> {
  const gpu = await instance([]);
  let adapter: GPUAdapter | null;
  try {
    adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  } catch (error) {
    throw new BackendUnusable(`no WebGPU adapter could be opened: ${messageOf(error)}`);
  }
  if (!adapter) throw new BackendUnusable('no WebGPU adapter was found; is a graphics driver installed?');
  const name = await nameOf(adapter.info);
  const limits = adapter.limits;
  return {
    adapter,
    name,
    software: adapter.info.isFallbackAdapter || SOFTWARE.test(`${name} ${adapter.info.description}`),
    limits: Object.fromEntries(NEEDED_LIMITS.map(limit => [limit, limits[limit]])),
  };
}
