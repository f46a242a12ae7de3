/** Which backend is chosen, and the sentence that says why. */
import { describe, expect, test } from 'vitest';
import { BackendUnusable, type Backend } from '../../kernels/backend.ts';
import { probeDevices, selectBackend, type WebGpuAccess } from '../../kernels/backends/select.ts';
import { KeptGpu } from '../../extension/engine/scheduler/keptGpu.ts';
import { chooseDriver } from './backends.ts';

const MEMORY = { memory: 2 ** 26 };
const PROCESSOR = { name: 'A processor', cores: 4 };

interface Fake extends WebGpuAccess {
  opened: number;
  disposed: number;
  readonly backend: Backend;
}

function fake(name: string, software: boolean, failure?: string): Fake {
  const backend = {
    info: { kind: 'webgpu', device: name, software },
    dispose: () => access.disposed++,
  } as unknown as Backend;
  const access: Fake = {
    opened: 0,
    disposed: 0,
    backend,
    find: async () => ({ adapter: {} as GPUAdapter, name, software, limits: { maxBufferSize: 1024 } }),
    open: async () => {
      access.opened++;
      if (failure) throw new BackendUnusable(failure);
      return backend;
    },
  };
  return access;
}

const hardware = (): Fake => fake('Radeon RX 7900', false);
const software = (): Fake => fake('SwiftShader Device (LLVM 10.0.0)', true);
const broken = (): Fake =>
  fake('GeForce 210', false, 'GeForce 210 computes differently from the reference: encode');
const absent = (): Fake => ({
  ...fake('', false),
  find: () => Promise.reject(new BackendUnusable('no WebGPU adapter was found')),
});

describe('selectBackend', () => {
  test('auto takes a hardware adapter that passes', async () => {
    const access = hardware();
    expect(await selectBackend('auto', MEMORY, access)).toEqual({
      kind: 'webgpu',
      reason: 'WebGPU: Radeon RX 7900 passed its self-test',
      backend: access.backend,
    });
  });

  test('auto takes the CPU rather than a software adapter, and does not open it', async () => {
    const access = software();
    expect(await selectBackend('auto', MEMORY, access)).toEqual({
      kind: 'cpu',
      reason: 'CPU: the only WebGPU adapter is a software one (SwiftShader Device (LLVM 10.0.0))',
    });
    expect(access.opened).toBe(0);
  });

  test('auto takes the CPU when the adapter fails its self-test', async () => {
    expect(await selectBackend('auto', MEMORY, broken())).toEqual({
      kind: 'cpu',
      reason: 'CPU: GeForce 210 computes differently from the reference: encode',
    });
  });

  test('auto takes the CPU when there is no adapter', async () => {
    expect(await selectBackend('auto', MEMORY, absent())).toEqual({
      kind: 'cpu',
      reason: 'CPU: no WebGPU adapter was found',
    });
  });

  test('cpu does not look at WebGPU at all', async () => {
    const access: WebGpuAccess = {
      find: () => Promise.reject(new Error('looked')),
      open: () => Promise.reject(new Error('opened')),
    };
    expect(await selectBackend('cpu', MEMORY, access)).toEqual({
      kind: 'cpu',
      reason: 'CPU: it was requested',
    });
  });

  test('webgpu takes a software adapter too, and says so', async () => {
    const selection = await selectBackend('webgpu', MEMORY, software());
    expect(selection.kind).toBe('webgpu');
    expect(selection.reason).toMatch(/^WebGPU: it was requested; SwiftShader .* is a software adapter/);
  });

  test.each([
    ['no adapter', absent, 'WebGPU was requested, but no WebGPU adapter was found'],
    ['a failed self-test', broken, 'WebGPU was requested, but GeForce 210 computes differently'],
  ] as const)('webgpu is an error with %s', async (_, access, message) => {
    const selection = selectBackend('webgpu', MEMORY, access());
    await expect(selection).rejects.toThrow(BackendUnusable);
    await expect(selection).rejects.toThrow(message);
  });
});

describe('probeDevices', () => {
  test('reports both and closes what it opened', async () => {
    const access = hardware();
    const probe = await probeDevices(PROCESSOR, 'auto', access);
    expect(probe.chosen).toBe('webgpu');
    expect(access.disposed).toBe(1);
    expect(probe.backends.map(({ kind, usable }) => ({ kind, usable }))).toEqual([
      { kind: 'cpu', usable: true },
      { kind: 'webgpu', usable: true },
    ]);
    expect(probe.backends[1]?.limits).toEqual({ maxBufferSize: 1024 });
  });

  test('calls a software adapter usable but does not choose it', async () => {
    const probe = await probeDevices(PROCESSOR, 'auto', software());
    expect(probe).toMatchObject({ chosen: 'cpu', backends: [{}, { software: true, usable: true }] });
    expect((await probeDevices(PROCESSOR, 'webgpu', software())).chosen).toBe('webgpu');
    expect((await probeDevices(PROCESSOR, 'cpu', hardware())).chosen).toBe('cpu');
  });

  test('gives the reason when there is none', async () => {
    const probe = await probeDevices(PROCESSOR, 'webgpu', absent());
    expect(probe.reason).toBe('WebGPU was requested, but no WebGPU adapter was found');
    expect(probe.backends[1]).toMatchObject({
      device: 'none',
      usable: false,
      reason: 'no WebGPU adapter was found',
    });
  });
});

describe('on the adapter of this computer', () => {
  test('auto and probe agree', async () => {
    chooseDriver();
    const access = new KeptGpu();
    const selection = await selectBackend('auto', MEMORY, access);
    const probe = await probeDevices(PROCESSOR, 'auto', access);
    expect(probe.chosen).toBe(selection.kind);
    expect(probe.reason).toBe(selection.reason);
    expect(probe.backends[1]).toMatchObject({ kind: 'webgpu', usable: true });
    if (selection.kind === 'webgpu') selection.backend.dispose();
  });
});
