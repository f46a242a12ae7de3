/** A GPU stays open and tested from one job to the next, and no longer than that pays. */
import { afterEach, expect, test, vi } from 'vitest';
import { DeviceLost, type Backend } from '../../kernels/backend.ts';
import type { WebGpuMachine } from '../../kernels/backends/webgpu/backend.ts';
import { USAGE } from '../../kernels/backends/webgpu/device.ts';
import { KeptGpu } from '../../extension/engine/scheduler/keptGpu.ts';
import { chooseDriver, TEST_MEMORY } from './backends.ts';

chooseDriver();
afterEach(() => void vi.useRealTimers());

const OPTIONS = { memory: TEST_MEMORY };
const open = async (gpu: KeptGpu): Promise<Backend> => gpu.open(await gpu.find(), OPTIONS);

/** Whether it computes: what was written is read back. */
const works = (backend: Backend): Promise<number[]> =>
  backend.scope(async memory => {
    const region = memory.alloc(4);
    await backend.write(region, 0, 4, async view => view.set([1, 2, 3, 4]));
    return [...(await backend.read(region, 0, 4))];
  });

test('is the same for the next job, and for one beside it, until it was idle for a minute', async () => {
  const gpu = new KeptGpu();
  const first = await open(gpu);
  const found = await gpu.find();
  const beside = await open(gpu);
  first.dispose();
  await expect(works(first)).rejects.toThrow(DeviceLost);
  expect(await works(beside)).toEqual([1, 2, 3, 4]);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  beside.dispose();
  vi.advanceTimersByTime(59_000);
  const next = await open(gpu);
  expect(await gpu.find()).toBe(found);
  vi.advanceTimersByTime(120_000);
  expect(await works(next)).toEqual([1, 2, 3, 4]);
  next.dispose();
  vi.advanceTimersByTime(61_000);
  vi.useRealTimers();
  expect(await gpu.find()).not.toBe(found);
});

test.each<[string, (gpu: WebGpuMachine) => unknown]>([
  ['the device was lost', ({ device }) => device.gpu.destroy()],
  [
    'the driver refused something',
    ({ device }) => {
      const tooMuch = { size: 2 ** 45, usage: USAGE.STORAGE };
      return device.attempt('allocating', () => device.makeBuffer(tooMuch)).judged.catch(() => undefined);
    },
  ],
])('is opened anew after %s', async (_, fail) => {
  const gpu = new KeptGpu();
  const failing = await open(gpu);
  const found = await gpu.find();
  await fail(failing as unknown as WebGpuMachine);
  failing.dispose();
  const again = await open(gpu);
  expect(await gpu.find()).not.toBe(found);
  expect(await works(again)).toEqual([1, 2, 3, 4]);
  again.dispose();
});
