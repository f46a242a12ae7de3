import { readFile } from 'node:fs/promises';
import { compileKernels, instantiateKernels, SCRATCH, type Kernels } from '../../kernels/wasm.ts';
import { kernelsUrl } from './dist.ts';

let compiled: Promise<WebAssembly.Module> | undefined;

/** The CPU kernels, compiled once a process. */
export const kernelModule = (): Promise<WebAssembly.Module> =>
  (compiled ??= readFile(kernelsUrl).then(compileKernels));

/** Kernels without memory for tensors: enough to hash. */
export const loadKernels = async (): Promise<Kernels> =>
  instantiateKernels(await kernelModule(), SCRATCH.size);
