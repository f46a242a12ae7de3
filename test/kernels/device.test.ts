/** The device wrapper and its buffer pool: errors that would be silent, buffers that are reused. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BackendFailure, DeviceLost } from '../../kernels/backend.ts';
import { findAdapter } from '../../kernels/backends/webgpu/adapter.ts';
import { Device, USAGE } from '../../kernels/backends/webgpu/device.ts';
import { Pipelines } from '../../kernels/backends/webgpu/pipelines.ts';
import { BufferPool, sizeClass } from '../../kernels/backends/webgpu/pool.ts';
import { STAGES } from '../../kernels/stages/index.ts';
import { chooseDriver } from './backends.ts';

async function open(): Promise<Device> {
  chooseDriver();
  const { adapter, name } = await findAdapter();
  return new Device(await adapter.requestDevice(), name);
}

let device: Device;
beforeAll(async () => {
  device = await open();
});
afterAll(() => device?.gpu.destroy());

const pool = (budget: number): BufferPool =>
  new BufferPool(device, 'test', USAGE.STORAGE | USAGE.COPY_DST, budget, 2 ** 28);

describe('sizeClass', () => {
  test('is at most an eighth more than asked for, and whole 256-byte units', () => {
    for (let bytes = 4096; bytes < 2 ** 33; bytes = Math.ceil(bytes * 1.013)) {
      const size = sizeClass(bytes);
      expect(size).toBeGreaterThanOrEqual(bytes);
      expect(size).toBeLessThanOrEqual(bytes * 1.125);
      expect(size % 256).toBe(0);
      expect(sizeClass(size)).toBe(size);
    }
    expect(sizeClass(1)).toBe(4096);
  });
});

describe('Device', () => {
  test('gives an error of the driver a name and says what was being done', async () => {
    const { judged } = device.attempt('allocating far too much', () =>
      device.gpu.createBuffer({ size: 2 ** 45, usage: USAGE.STORAGE }),
    );
    await expect(judged).rejects.toThrow(BackendFailure);
    await expect(judged).rejects.toThrow('allocating far too much');
  });

  test('keeps error scopes balanced when the commands themselves throw', async () => {
    const throwing = (): void => {
      throw new Error('no commands');
    };
    expect(() => device.attempt('throwing', throwing)).toThrow('no commands');
    await device.attempt('doing nothing', () => {}).judged;
  });

  test('runs tasks in order, also after one that failed', async () => {
    const order: number[] = [];
    const slow = device.inOrder(async () => {
      await new Promise(resolve => setTimeout(resolve, 10));
      order.push(1);
    });
    const failing = device.inOrder(() => Promise.reject(new Error('second')));
    const last = device.inOrder(async () => void order.push(3));
    await expect(failing).rejects.toThrow('second');
    await Promise.all([slow, last]);
    expect(order).toEqual([1, 3]);
  });

  test('rejects what would never settle once it is lost', async () => {
    const gone = await open();
    const never = gone.orLost(new Promise(() => {}));
    gone.gpu.destroy();
    await expect(never).rejects.toThrow(DeviceLost);
    await expect(gone.orLost(Promise.resolve())).rejects.toThrow(DeviceLost);
  });

  test('a pipeline without its constants is an error, not silence', async () => {
    const pipeline = new Pipelines(device).get(STAGES.encode, {});
    await expect(pipeline).rejects.toThrow(BackendFailure);
    await expect(pipeline).rejects.toThrow(/encode/);
  });
});

describe('BufferPool', () => {
  test('uses a buffer again for its size class only', async () => {
    const buffers = pool(2 ** 24);
    const first = buffers.take(10_000);
    await first.ready;
    buffers.give(first);
    expect(buffers.take(20_000).buffer).not.toBe(first.buffer);
    expect(buffers.take(10_001).buffer).toBe(first.buffer);
    expect(buffers.take(10_000).buffer).not.toBe(first.buffer);
  });

  test('destroys idle buffers rather than growing past its budget', async () => {
    const buffers = pool(2 ** 16);
    const idle = buffers.take(2 ** 15);
    await idle.ready;
    buffers.give(idle);
    const large = buffers.take(2 ** 16);
    await large.ready;
    buffers.give(large);
    expect(buffers.take(2 ** 15).buffer).not.toBe(idle.buffer);
  });

  test('does not keep a buffer that could not be made', async () => {
    const buffers = new BufferPool(device, 'impossible', 0x8000, 2 ** 24, 2 ** 28);
    const broken = buffers.take(4096);
    await expect(broken.ready).rejects.toThrow(BackendFailure);
    buffers.give(broken);
    const other = buffers.take(4096);
    await expect(other.ready).rejects.toThrow(BackendFailure);
    expect(other.buffer).not.toBe(broken.buffer);
  });
});
