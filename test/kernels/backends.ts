/** Backends for tests. */
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll } from 'vitest';
import type { Backend } from '../../kernels/backend.ts';
import { compileKernels } from '../../kernels/wasm.ts';
import { createCpuBackend, type CpuBackend } from '../../kernels/backends/cpu/backend.ts';
import { findAdapter } from '../../kernels/backends/webgpu/adapter.ts';
import { TestedGpu } from '../../kernels/backends/webgpu/testedGpu.ts';

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

export const kernelModule = (): Promise<WebAssembly.Module> => compileKernels(readFileSync(WASM));

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

/** On any adapter, shared by all tests of this process: compiling its shaders takes seconds. */
let gpu: Promise<TestedGpu> | undefined;

/** A GPU for the caller alone, who may lose it. Fails, rather than skips, if there is none. */
export async function openOwnGpu(): Promise<TestedGpu> {
  chooseDriver();
  return findAdapter()
    .then(found => TestedGpu.open(found))
    .catch((error: unknown) => {
      throw new Error(`${NO_DRIVER} (${String(error)})`);
    });
}

/** A WebGPU backend, disposed of after the tests of the file or suite that opens it. */
export async function openWebGpu(options: { gridWidth?: number } = {}): Promise<Backend> {
  const backend = (await (gpu ??= openOwnGpu())).backend({ memory: TEST_MEMORY, ...options });
  afterAll(() => backend.dispose());
  return backend;
}
