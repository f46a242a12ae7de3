/** What every backend promises apart from arithmetic: scopes, order, refusals, errors with names. */
import { describe, expect, test } from 'vitest';
import { DeviceLost, type Backend } from '../../kernels/backend.ts';
import { SUM_BLOCK } from '../../kernels/stages/sums.ts';
import { OutOfBackendMemory, type Region, type Slice } from '../../kernels/memory.ts';
import { instantiateKernels } from '../../kernels/wasm.ts';
import { kernelModule, openCpu, openOwnGpu, openWebGpu, TEST_MEMORY } from './backends.ts';
import type { TestedGpu } from '../../kernels/backends/webgpu/testedGpu.ts';
import { place } from './place.ts';

const cpu = await openCpu();
const gpu = await openWebGpu();

const f32 = (region: Region, first = 0): Slice => ({ region, type: 'F32', first });

const bytes = (...values: readonly number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);

describe.each([cpu, gpu])('$info.kind', backend => {
  test('its chunk is whole blocks of sums, and a chunk fits a scope', () => {
    expect(backend.chunk % SUM_BLOCK).toBe(0);
    expect(backend.capacity).toBeGreaterThan(backend.chunk * 4 * 4);
  });

  test('a scope may use all of its capacity, in many regions, again and again', async () => {
    const part = Math.floor(backend.capacity / 100 / 4) * 4;
    for (let round = 0; round < 3; round++) {
      await backend.scope(async memory => {
        for (let i = 0; i < 100; i++) memory.alloc(part);
        expect(() => memory.alloc(backend.capacity)).toThrow(OutOfBackendMemory);
        expect(() => memory.alloc(backend.capacity)).toThrow(/bytes left, \d+ were requested/);
      });
    }
    await backend.scope(async memory => memory.alloc(backend.capacity));
  });

  test('gives a scope its memory back when the body fails', async () => {
    const failing = backend.scope(async memory => {
      memory.alloc(backend.capacity);
      throw new Error('from inside');
    });
    await expect(failing).rejects.toThrow('from inside');
    await backend.scope(async memory => memory.alloc(backend.capacity));
  });

  test('refuses a region, and an allocation, after the scope', async () => {
    const { region, memory } = await backend.scope(async memory => ({ region: memory.alloc(64), memory }));
    await expect(backend.read(region, 0, 4)).rejects.toThrow('after its scope had ended');
    expect(() => memory.alloc(4)).toThrow('after its scope had ended');
    await backend.scope(async () => {
      await expect(backend.read(region, 0, 4)).rejects.toThrow('after its scope had ended');
    });
  });

  test('writes and reads any number of bytes at multiples of 4', async () => {
    await backend.scope(async memory => {
      const region = memory.alloc(1000);
      await backend.write(region, 0, 1000, async view => void view.fill(7));
      await backend.write(region, 500, 3, async view => {
        expect(view.length).toBe(3);
        await Promise.resolve();
        view.set([1, 2, 3]);
      });
      expect(Array.from(await backend.read(region, 496, 7))).toEqual([7, 7, 7, 7, 1, 2, 3]);
      expect((await backend.read(region, 999 - 3, 4)).length).toBe(4);
      expect(await backend.read(region, 0, 0)).toEqual(new Uint8Array());
      await backend.write(region, 0, 0, async view => expect(view.length).toBe(0));
    });
  });

  test('a read is a copy', async () => {
    await backend.scope(async memory => {
      const region = await place(backend, memory, Uint8Array.of(1, 2, 3, 4));
      (await backend.read(region, 0, 4)).fill(9);
      expect(Array.from(await backend.read(region, 0, 4))).toEqual([1, 2, 3, 4]);
    });
  });

  test('does things in the order in which they were asked for', async () => {
    await backend.scope(async memory => {
      const [a, b] = [await place(backend, memory, bytes(1, 2)), await place(backend, memory, bytes(10, 20))];
      const [sum, out] = [memory.alloc(8), memory.alloc(8)];
      const work = [
        backend.accumulate(sum, f32(a), true, 2),
        backend.accumulate(sum, f32(b), false, 2),
        backend.meanDelta(sum, 2, f32(a), out, 2),
        backend.encode(f32(out), 'F32', sum, 2),
        backend.unpackDequantize(a, 0, 1, Float32Array.of(8, 9), undefined, out, 0, 2),
      ];
      const read = backend.read(sum, 0, 8);
      await Promise.all(work);
      expect(await read).toEqual(bytes(4.5, 9));
    });
  });

  test('does nothing to nothing', async () => {
    await backend.scope(async memory => {
      const [a, b, c] = [memory.alloc(8192), memory.alloc(8192), memory.alloc(8192)];
      const none = { min: Infinity, max: -Infinity, finite: true };
      expect(await backend.deltaMinmax(f32(a), f32(b), c, 0)).toEqual(none);
      expect(await backend.meanDelta(a, 2, f32(b), a, 0)).toEqual(none);
      expect(await backend.deltaEnergy(f32(a), f32(b), 0, 3)).toBe(3);
      await backend.accumulate(a, f32(b), true, 0);
      const affine = { bits: 3, scale: 1, zero: 0 };
      expect(await backend.quantizePack(a, affine, b, 0, 0)).toEqual({ error: 0, energy: 0 });
      await backend.unpackDequantize(a, 0, 3, new Float32Array(8), undefined, b, 0, 0);
      await backend.encode(f32(a), 'BF16', b, 0);
    });
  });

  test('refuses what does not fit', async () => {
    await backend.scope(async memory => {
      const [a, b] = [memory.alloc(8192), memory.alloc(8192)];
      const affine = { bits: 3, scale: 1, zero: 0 };
      const table = new Float32Array(8);
      const refused = [
        backend.deltaMinmax(f32(a), undefined, undefined, backend.chunk + 1),
        backend.deltaMinmax(f32(a), undefined, undefined, 2049),
        backend.deltaMinmax(f32(a, 1024), undefined, undefined, 1),
        backend.deltaMinmax(f32(a), f32(b, 2048), undefined, 1),
        backend.deltaMinmax(f32(a), f32(b), a, 1),
        backend.accumulate(a, f32(a), false, 1),
        backend.meanDelta(a, 0, f32(b), a, 1),
        backend.meanDelta(a, 128, f32(b), a, 1),
        backend.meanDelta(a, 2, f32(b), b, 1),
        backend.quantizePack(a, { ...affine, bits: 0 }, b, 0, 1),
        backend.quantizePack(a, { ...affine, bits: 9 }, b, 0, 1),
        backend.quantizePack(a, affine, b, 100, 1),
        backend.quantizePack(a, affine, a, 0, 1),
        backend.unpackDequantize(a, 0, 2, table, undefined, b, 0, 1),
        backend.unpackDequantize(a, 0, 3, table, f32(b), b, 0, 1),
        backend.unpackDequantize(a, 0, 3, table, undefined, b, 2048, 1),
        backend.deltaEnergy(f32(a), f32(b), 2049),
        backend.encode({ ...f32(a), type: 'BF16' }, 'BF16', b, 1),
        backend.encode(f32(a), 'BF16', a, 1),
        backend.read(a, 2, 4),
        backend.read(a, 8192, 1),
        backend.write(a, 8192, 4, async () => {}),
      ];
      for (const operation of refused) await expect(operation).rejects.toThrow(RangeError);
    });
  });

  test('a failing fill fails the write', async () => {
    await backend.scope(async memory => {
      const region = memory.alloc(64);
      const write = backend.write(region, 0, 64, () => Promise.reject(new Error('disk')));
      await expect(write).rejects.toThrow('disk');
      await backend.write(region, 0, 4, async view => void view.fill(1));
      expect(Array.from(await backend.read(region, 0, 4))).toEqual([1, 1, 1, 1]);
    });
  });
});

describe('scopes', () => {
  test('the CPU backend refuses a second one', async () => {
    await cpu.scope(async () => {
      await expect(cpu.scope(async () => {})).rejects.toThrow('one scope at a time');
    });
  });

  test('the WebGPU backend runs several, and lets others wait', async () => {
    let running = 0;
    let most = 0;
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        gpu.scope(async memory => {
          most = Math.max(most, ++running);
          const region = await place(gpu, memory, bytes(i));
          await new Promise(resolve => setTimeout(resolve, 5));
          const { max } = await gpu.deltaMinmax(f32(region), undefined, undefined, 1);
          running--;
          return max;
        }),
      ),
    );
    expect(results).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(most).toBe(gpu.scopes);
  });
});

describe('errors', () => {
  const backendOf = (gpu: TestedGpu) => gpu.backend({ memory: TEST_MEMORY });

  test.each([
    ['the device is gone', (gpu: TestedGpu) => gpu.destroy()],
    ['the backend is disposed of', (_: TestedGpu, backend: Backend) => backend.dispose()],
  ])('everything pending and everything later fails once %s', async (_, lose) => {
    const own = await openOwnGpu();
    const [lost, other] = [backendOf(own), backendOf(own)];
    await lost.scope(async memory => {
      const region = await place(lost, memory, bytes(1, 2, 3));
      const pending = [
        lost.read(region, 0, 12),
        lost.deltaMinmax(f32(region), undefined, undefined, 3),
        lost.write(region, 0, 4, () => new Promise(resolve => setTimeout(resolve, 20))),
      ];
      const settled = Promise.allSettled(pending);
      lose(own, lost);
      for (const result of await settled) {
        expect(result).toMatchObject({ status: 'rejected', reason: expect.any(DeviceLost) as DeviceLost });
      }
      await expect(lost.read(region, 0, 12)).rejects.toThrow(/was lost: the backend was disposed of/);
    });
    const others = other.scope(memory => place(other, memory, bytes(1, 2, 3)));
    if (own.sound) await others;
    else await expect(others).rejects.toThrow(DeviceLost);
    expect(own.idle).toBe(false);
    own.destroy();
  });
});

describe('the WebAssembly module', () => {
  test('keeps nothing in memory and asks for nothing but memory', async () => {
    const module = await kernelModule();
    expect(WebAssembly.Module.imports(module)).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }]);
    const { bytes: memory } = instantiateKernels(module);
    expect(memory.every(byte => byte === 0)).toBe(true);
  });
});
