/** A GPU that has been made sure of before it is given a single tensor. */
import { BackendUnusable, DeviceLost, messageOf, type Backend } from '../../backend.ts';
import { failedChecks } from '../selfTest.ts';
import { NEEDED_LIMITS, type FoundAdapter } from './adapter.ts';
import { webGpuBackend } from './backend.ts';
import { Device, USAGE } from './device.ts';
import { Pipelines } from './pipelines.ts';

/** Bytes of GPU memory for the self-test. */
export const TEST_MEMORY = 16 * 2 ** 20;

export interface BackendOptions {
  /** Bytes of GPU memory that all its scopes together may use. */
  readonly memory: number;
  /** The most workgroups in one dimension of a dispatch, if fewer than the device allows. */
  readonly gridWidth?: number;
}

/** An open device that has passed its self-test, for any number of backends, which share its pipelines. */
export class TestedGpu {
  private readonly pipelines: Pipelines;
  private open = 0;
  private failed = false;

  private constructor(
    private readonly found: FoundAdapter,
    private readonly device: Device,
  ) {
    this.pipelines = new Pipelines(device);
  }

  /** @throws BackendUnusable when the device cannot be had or fails its self-test */
  static async open(found: FoundAdapter): Promise<TestedGpu> {
    const gpu = new TestedGpu(found, await openDevice(found));
    try {
      checkMapping(gpu.device);
      const backend = gpu.backend({ memory: TEST_MEMORY });
      await checkStages(backend);
      backend.dispose();
      return gpu;
    } catch (error) {
      gpu.destroy();
      throw error;
    }
  }

  /** Whether no backend is open. */
  get idle(): boolean {
    return this.open === 0;
  }

  /** Whether the device is there, and no backend has met an error so far. */
  get sound(): boolean {
    return this.device.sound && !this.failed;
  }

  /** @param disposed called when the backend, which then gives its memory back, is disposed of */
  backend({ memory, gridWidth = Infinity }: BackendOptions, disposed: () => void = () => undefined): Backend {
    const { name, software, limits } = this.found;
    const limit = (name: string): number => limits[name] ?? 0;
    const view = new Device(this.device.gpu, name);
    const backend = webGpuBackend({ kind: 'webgpu', device: name, software }, view, this.pipelines, {
      memory,
      maxBufferSize: limit('maxBufferSize'),
      maxStorageBufferBindingSize: limit('maxStorageBufferBindingSize'),
      gridWidth: Math.min(gridWidth, limit('maxComputeWorkgroupsPerDimension')),
    });
    this.open++;
    let ended = false;
    const dispose = (): void => {
      if (ended) return;
      ended = true;
      this.failed ||= !view.sound;
      view.dispose();
      this.open--;
      disposed();
    };
    return Object.assign(backend, { dispose });
  }

  destroy(): void {
    this.device.gpu.destroy();
  }
}

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
