import { tmpdir } from 'node:os';
import type { Backend } from '../../../kernels/backend.ts';
import type { WebGpuAccess } from '../../../kernels/backends/select.ts';
import { findAdapter, type FoundAdapter } from '../../../kernels/backends/webgpu/adapter.ts';
import { TestedGpu, type BackendOptions } from '../../../kernels/backends/webgpu/testedGpu.ts';

/** How long a GPU stays open when nothing uses it: an open one draws power, but the next job often follows at once. */
const IDLE_MS = 60_000;

/**
 * Keeps a GPU open from one job to the next, as opening and testing one takes longer than many a job. One that an
 * error was met on is not kept; the next job opens and tests it anew.
 */
export class KeptGpu implements WebGpuAccess {
  #kept: { readonly found: FoundAdapter; readonly gpu: TestedGpu } | undefined;
  #idle: NodeJS.Timeout | undefined;

  async find(): Promise<FoundAdapter> {
    quietDrivers();
    return this.#kept?.gpu.sound ? this.#kept.found : findAdapter();
  }

  async open(found: FoundAdapter, options: BackendOptions): Promise<Backend> {
    const gpu = this.#kept?.found === found ? this.#kept.gpu : await TestedGpu.open(found);
    if (this.#kept?.gpu !== gpu) this.#letGo();
    this.#kept = { found, gpu };
    clearTimeout(this.#idle);
    return gpu.backend(options, () => this.#disposed(gpu));
  }

  /** Of the last one that was in use: it is closed in a while, one that is not kept at once. */
  #disposed(gpu: TestedGpu): void {
    if (!gpu.idle) return;
    if (gpu !== this.#kept?.gpu) return gpu.destroy();
    if (!gpu.sound) return this.#letGo();
    this.#idle = setTimeout(() => this.#letGo(), IDLE_MS).unref();
  }

  /** Closes it, or leaves that to those who still use it. */
  #letGo(): void {
    const { gpu } = this.#kept ?? {};
    this.#kept = undefined;
    clearTimeout(this.#idle);
    if (gpu?.idle) gpu.destroy();
  }
}

/** Drivers complain on stderr where XDG_RUNTIME_DIR is not set, although nothing is ever shown on a display here. */
function quietDrivers(): void {
  if (process.platform === 'linux') process.env['XDG_RUNTIME_DIR'] ||= tmpdir();
}
