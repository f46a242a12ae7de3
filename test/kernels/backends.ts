/** Backends for tests. */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll } from 'vitest';
import type { Backend } from '../../kernels/backend.ts';
import { compileKernels } from '../../kernels/wasm.ts';
import { createCpuBackend, type CpuBackend } from '../../kernels/backends/cpu/backend.ts';
import { createWebGpuBackend } from '../../kernels/backends/webgpu/open.ts';

const WASM = new URL('../../dist/kernels.wasm', import.meta.url);

/** Bytes for all scopes of a test's backend; it makes the WebGPU backend's chunk 524,288 elements. */
export const TEST_MEMORY = 3 * 32 * 2 ** 20;

/** Where distributions put the software rasterizers that the WebGPU tests can run on. */
const DRIVERS = [
  '/usr/lib/chromium/vk_swiftshader_icd.json',
  '/usr/share/vulkan/icd.d/lvp_icd.x86_64.json',
  '/usr/share/vulkan/icd.d/lvp_icd.json',
];

const NO_DRIVER =
  'the WebGPU tests need a Vulkan driver: install chromium (for SwiftShader) or mesa-vulkan-drivers 25, or set VK_DRIVER_FILES';

export const kernelModule = (): Promise<WebAssembly.Module> => compileKernels(WASM);

export async function openCpu(): Promise<CpuBackend> {
  return createCpuBackend({ module: await kernelModule(), memory: TEST_MEMORY });
}

/** Points the Vulkan loader at a software rasterizer unless a driver has been chosen already. */
export function chooseDriver(): void {
  const driver = DRIVERS.find(path => existsSync(path));
  if (driver === undefined) return;
  process.env['VK_DRIVER_FILES'] ??= driver;
  process.env['VK_ICD_FILENAMES'] ??= driver;
  // Drivers complain if it is not set, although nothing is shown on a screen.
  process.env['XDG_RUNTIME_DIR'] ??= tmpdir();
}

/** A WebGPU backend on any adapter, disposed of after the tests of the file or suite that opens it; fails, rather than
 * skips, if there is none. */
export async function openWebGpu(options: { gridWidth?: number } = {}): Promise<Backend> {
  chooseDriver();
  const backend = await createWebGpuBackend({ memory: TEST_MEMORY, ...options }).catch((error: unknown) => {
    throw new Error(`${NO_DRIVER} (${String(error)})`);
  });
  afterAll(() => backend.dispose());
  return backend;
}
