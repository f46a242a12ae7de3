/** What stages do at the edges, worked by hand, on every backend. */
import { describe, expect, test } from 'vitest';
import type { Backend } from '../../kernels/backend.ts';
import { openCpu, openWebGpu } from './backends.ts';
import { slice } from './plain.ts';
import { place, UNTOUCHED } from './place.ts';

const backends = [await openCpu(), await openWebGpu()];

const float32 = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);

const NOT_NUMBERS = float32(...new Array<number>(1024).fill(NaN));

/** Regions with these bytes in them, as long as `body` runs. */
const withRegions = <T>(
  backend: Backend,
  contents: readonly Uint8Array[],
  body: (...regions: Awaited<ReturnType<typeof place>>[]) => Promise<T>,
): Promise<T> =>
  backend.scope(async memory => {
    const regions = [];
    for (const bytes of contents) regions.push(await place(backend, memory, bytes));
    return body(...regions);
  });

/** Values in front of NaNs. */
const beforeNaNs = (...values: number[]): Uint8Array => {
  const bytes = NOT_NUMBERS.slice();
  bytes.set(float32(...values));
  return bytes;
};

describe.each(backends)('$info.kind', backend => {
  test('values of which none is finite have no extent', async () => {
    const bytes = new Uint8Array(Uint32Array.of(0x7fc00000, 0xff800000).buffer);
    const extent = await withRegions(backend, [bytes], x =>
      backend.deltaMinmax(slice(x), undefined, undefined, 2),
    );
    expect(extent).toEqual({ min: Infinity, max: -Infinity, finite: false });
  });

  test('a difference that overflows is seen', async () => {
    const contents = [float32(1, 3e38, 2), float32(1, -3e38, 2)];
    const extent = await withRegions(backend, contents, (t, r) =>
      backend.deltaMinmax(slice(t), slice(r), undefined, 3),
    );
    expect(extent).toEqual({ min: 0, max: 0, finite: false });
  });

  test('sums do not look past the last value', async () => {
    const contents = [beforeNaNs(1, 2, 3, 4, 7), beforeNaNs(0, 0, 0, 0, 0), new Uint8Array(64)];
    const { loss, energy } = await withRegions(backend, contents, async (x, zeros, codes) => ({
      loss: await backend.quantizePack(x, { bits: 2, scale: 1, zero: -2 }, codes, 0, 5),
      energy: await backend.deltaEnergy(slice(x), slice(zeros), 5, 1),
    }));
    // Codes 0 to 3 stand for 2, 3, 4 and 5.
    expect(loss).toEqual({ error: 1 + 4, energy: 79 });
    expect(energy).toBe(80);
  });

  test('a NaN becomes code 0', async () => {
    const contents = [float32(NaN, 3, NaN), new Uint8Array(8).fill(UNTOUCHED)];
    const codes = await withRegions(backend, contents, async (x, packed) => {
      await backend.quantizePack(x, { bits: 8, scale: 1, zero: 5 }, packed, 0, 3);
      return backend.read(packed, 0, 8);
    });
    expect([...codes]).toEqual([0, 8, 0, 0, UNTOUCHED, UNTOUCHED, UNTOUCHED, UNTOUCHED]);
  });

  test('the scales of groups meet every byte', async () => {
    const x = Float32Array.from({ length: 256 * 32 }, (_, i) => Math.floor(i / 32));
    const thresholds = Float32Array.from({ length: 255 }, (_, i) => (i + 1) ** 2);
    const scales = await withRegions(
      backend,
      [new Uint8Array(x.buffer), new Uint8Array(256)],
      async (values, found) => {
        await backend.groupScales(values, 32, thresholds, found, 0, x.length);
        return backend.read(found, 0, 256);
      },
    );
    expect([...scales]).toEqual(Array.from({ length: 256 }, (_, i) => i));
  });

  test('a NaN in a group makes its byte 0 and its code 0', async () => {
    const x = Float32Array.from({ length: 64 }, (_, i) => (i === 40 ? NaN : 3));
    const quantizer = {
      bits: 2,
      groupSize: 32,
      inverse: new Float32Array(256).fill(1),
      boundaries: Float32Array.of(1, 2, 4),
    };
    const contents = [new Uint8Array(x.buffer), new Uint8Array(4), new Uint8Array(16)];
    const found = await withRegions(backend, contents, async (values, scales, codes) => {
      await backend.groupScales(values, 32, new Float32Array(255), scales, 0, 64);
      await backend.quantizeGroups(values, scales, quantizer, codes, 0, 64);
      return { scales: await backend.read(scales, 0, 4), codes: await backend.read(codes, 0, 16) };
    });
    expect([...found.scales]).toEqual([255, 0, 0, 0]);
    expect([...found.codes.subarray(9, 12)]).toEqual([0xaa, 0xa8, 0xaa]);
  });
});
