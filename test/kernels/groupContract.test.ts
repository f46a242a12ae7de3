/** What every backend promises for the group stages apart from results: refusals, and nothing done for empty input. */
import { describe, expect, test } from 'vitest';
import { openCpu, openWebGpu } from './backends.ts';

const thresholds = new Float32Array(255).fill(1);
const quantizer = {
  bits: 2,
  groupSize: 64,
  inverse: new Float32Array(256),
  boundaries: Float32Array.of(-1, 0, 1),
};
const table = { bits: 2, groupSize: 64, values: new Float32Array(4), scales: new Float32Array(256) };

/** `values` with one of them changed. */
const changed = (values: Float32Array, at: number, value: number): Float32Array =>
  values.map((old, i) => (i === at ? value : old));

describe.each([await openCpu(), await openWebGpu()])('$info.kind', backend => {
  test('does nothing to nothing', async () => {
    await backend.scope(async memory => {
      const [a, b, c] = [memory.alloc(4), memory.alloc(4), memory.alloc(4)];
      for (const region of [a, b, c]) await backend.write(region, 0, 4, async view => void view.fill(7));
      await backend.groupScales(a, 64, thresholds, b, 0, 0);
      await backend.quantizeGroups(a, b, quantizer, c, 0, 0);
      await backend.dequantizeGroups(a, b, table, c, 0, 0);
      for (const region of [a, b, c]) {
        expect(await backend.read(region, 0, 4)).toEqual(new Uint8Array(4).fill(7));
      }
    });
  });

  test('refuses what does not fit', async () => {
    await backend.scope(async memory => {
      const [x, codes] = [memory.alloc(8192), memory.alloc(1024)];
      const [scales, few] = [memory.alloc(64), memory.alloc(31)];
      const scaled = backend.groupScales.bind(backend, x);
      const quantized = backend.quantizeGroups.bind(backend, x);
      const restored = backend.dequantizeGroups.bind(backend, codes);
      const refused = [
        scaled(48, thresholds, scales, 0, 64),
        scaled(512, thresholds, scales, 0, 64),
        scaled(64, thresholds.slice(1), scales, 0, 64),
        scaled(64, changed(thresholds, 9, 2), scales, 0, 64),
        scaled(64, changed(thresholds, 9, NaN), scales, 0, 64),
        scaled(64, changed(thresholds, 0, -1), scales, 0, 64),
        scaled(64, changed(thresholds, 254, Infinity), scales, 0, 64),
        scaled(64, thresholds, scales, 64, 64),
        scaled(64, thresholds, scales, 2048, 2049),
        scaled(64, thresholds, few, 0, 2048),
        scaled(64, thresholds, scales, 0, 2049),
        scaled(64, thresholds, scales, 0, -1),
        scaled(64, thresholds, x, 0, 64),
        quantized(scales, { ...quantizer, bits: 0, boundaries: new Float32Array(0) }, codes, 0, 64),
        quantized(scales, { ...quantizer, bits: 9, boundaries: new Float32Array(511) }, codes, 0, 64),
        quantized(scales, { ...quantizer, groupSize: 16 }, codes, 0, 64),
        quantized(scales, { ...quantizer, inverse: new Float32Array(255) }, codes, 0, 64),
        quantized(scales, { ...quantizer, boundaries: new Float32Array(4) }, codes, 0, 64),
        quantized(scales, { ...quantizer, boundaries: Float32Array.of(0, 1, 0) }, codes, 0, 64),
        quantized(few, quantizer, codes, 0, 2048),
        quantized(scales, quantizer, codes, 1, 64),
        quantized(scales, quantizer, codes, 2048, 2048 + 1),
        quantized(scales, quantizer, few, 0, 125),
        quantized(scales, quantizer, x, 0, 64),
        quantized(scales, quantizer, scales, 0, 64),
        backend.quantizeGroups(few, scales, quantizer, codes, 0, 8),
        restored(scales, { ...table, bits: 3 }, x, 0, 64),
        restored(scales, { ...table, groupSize: 33 }, x, 0, 64),
        restored(scales, { ...table, scales: new Float32Array(4) }, x, 0, 64),
        restored(few, table, x, 0, 2048),
        restored(scales, table, x, 32, 64),
        restored(scales, table, x, 2048, 2049),
        restored(scales, table, few, 0, 8),
        restored(scales, table, scales, 0, 4),
        restored(scales, table, codes, 0, 4),
      ];
      for (const operation of refused) await expect(operation).rejects.toThrow(RangeError);
    });
  });
});
