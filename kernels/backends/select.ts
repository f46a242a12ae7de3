/** Which backend computes, and why: a hardware GPU that passes its self-test, else the CPU, unless told otherwise. */
import { BackendUnusable, messageOf, type Backend } from '../backend.ts';
import { MAX_MEMORY } from '../wasm.ts';
import type { FoundAdapter } from './webgpu/adapter.ts';
import { TEST_MEMORY, type BackendOptions } from './webgpu/testedGpu.ts';

export type Preference = 'auto' | 'cpu' | 'webgpu';

/** The choice and its reason, a sentence to show. A WebGPU backend is open and tested; the caller creates the CPU
 * backends, one in each of its threads. */
export type Selection =
  | { readonly kind: 'cpu'; readonly reason: string }
  | { readonly kind: 'webgpu'; readonly reason: string; readonly backend: Backend };

/** One backend as shown by `tvq devices`. */
export interface DeviceReport {
  readonly kind: 'cpu' | 'webgpu';
  readonly device: string;
  readonly software: boolean;
  readonly usable: boolean;
  /** Why it is, or is not, usable. */
  readonly reason: string;
  readonly limits: Readonly<Record<string, number>>;
}

/** The processor, which only who runs the kernels can look at. */
export interface Processor {
  /** Its name for people; empty where it is not known. */
  readonly name: string;
  readonly cores: number;
}

export interface Probe {
  readonly chosen: 'cpu' | 'webgpu';
  readonly reason: string;
  readonly backends: readonly DeviceReport[];
}

/** How WebGPU is reached. */
export interface WebGpuAccess {
  /** @throws BackendUnusable */
  find(): Promise<FoundAdapter>;
  /** @throws BackendUnusable */
  open(found: FoundAdapter, options: BackendOptions): Promise<Backend>;
}

/** What is known of WebGPU here. */
interface Examined {
  readonly found?: FoundAdapter;
  /** Absent when opening it failed or was not tried. */
  readonly backend?: Backend;
  /** Why there is no usable adapter. */
  readonly failure?: string;
}

async function examine(
  options: BackendOptions,
  access: WebGpuAccess,
  worthOpening: (found: FoundAdapter) => boolean,
): Promise<Examined> {
  let found: FoundAdapter | undefined;
  try {
    found = await access.find();
    return worthOpening(found) ? { found, backend: await access.open(found, options) } : { found };
  } catch (error) {
    return { found, failure: messageOf(error) };
  }
}

/** Why the CPU was chosen when WebGPU was an option. */
function whyCpu({ found, failure }: Examined): string {
  if (failure !== undefined || !found) return `CPU: ${failure ?? 'WebGPU was not tried'}`;
  return `CPU: the only WebGPU adapter is a software one (${found.name})`;
}

function whyWebGpu(preference: Preference, { device, software }: Backend['info']): string {
  if (preference === 'auto') return `WebGPU: ${device} passed its self-test`;
  return software
    ? `WebGPU: it was requested; ${device} is a software adapter, slower than the CPU backend`
    : `WebGPU: it was requested; ${device} passed its self-test`;
}

const ASKED_FOR_CPU = 'CPU: it was requested';

const askedInVain = (failure: string | undefined): string =>
  `WebGPU was requested, but ${failure ?? 'failed'}`;

/**
 * Chooses a backend. `auto` takes a hardware adapter that passes its self-test, else the CPU, and never fails.
 * @throws BackendUnusable when `webgpu` is requested but unavailable.
 */
export async function selectBackend(
  preference: Preference,
  options: BackendOptions,
  access: WebGpuAccess,
): Promise<Selection> {
  if (preference === 'cpu') return { kind: 'cpu', reason: ASKED_FOR_CPU };
  const examined = await examine(options, access, found => preference === 'webgpu' || !found.software);
  const { backend } = examined;
  if (backend) return { kind: 'webgpu', reason: whyWebGpu(preference, backend.info), backend };
  if (preference === 'webgpu') throw new BackendUnusable(askedInVain(examined.failure));
  return { kind: 'cpu', reason: whyCpu(examined) };
}

function cpuReport({ name, cores }: Processor): DeviceReport {
  return {
    kind: 'cpu',
    device: name || 'CPU',
    software: false,
    usable: true,
    reason: `WebAssembly SIMD, up to one thread on each of ${cores} cores`,
    limits: { threads: cores, memoryPerThread: MAX_MEMORY },
  };
}

function webGpuReport({ found, backend, failure }: Examined): DeviceReport {
  return {
    kind: 'webgpu',
    device: found?.name ?? 'none',
    software: found?.software ?? false,
    usable: backend !== undefined,
    reason: failure ?? 'it passed the self-test',
    limits: found?.limits ?? {},
  };
}

/** The devices to compute on, tested, and what `preference` would choose. */
export async function probeDevices(
  processor: Processor,
  preference: Preference,
  access: WebGpuAccess,
): Promise<Probe> {
  const examined = await examine({ memory: TEST_MEMORY }, access, () => true);
  const { backend, failure } = examined;
  backend?.dispose();
  const backends = [cpuReport(processor), webGpuReport(examined)];
  if (preference === 'cpu') return { chosen: 'cpu', reason: ASKED_FOR_CPU, backends };
  if (backend && (preference === 'webgpu' || !backend.info.software)) {
    return { chosen: 'webgpu', reason: whyWebGpu(preference, backend.info), backends };
  }
  if (preference === 'webgpu') return { chosen: 'webgpu', reason: askedInVain(failure), backends };
  return { chosen: 'cpu', reason: whyCpu(examined), backends };
}
