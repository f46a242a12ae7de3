/** The group stages of the CPU against the oracle, and of WebGPU against the CPU's, byte for byte. */
import { describe, expect, test } from 'vitest';
import { openCpu, openWebGpu } from './backends.ts';
import { SMALL_CHUNK, WIDTHS } from './cases.ts';
import { expectBytes, expectValues } from './compare.ts';
import { floats, UNTOUCHED } from './drive.ts';
import * as cases from './groupCases.ts';
import { dequantizeGroupsOn, quantizeGroupsOn, scalesOn } from './groupDrive.ts';
import * as oracle from './groupOracle.ts';

const cpu = await openCpu();
const gpu = await openWebGpu();
/** The same device with so narrow a grid that dispatches have two dimensions. */
const narrow = await openWebGpu({ gridWidth: 3 });

/** The expected content of a region whose first bytes were written. */
function untouchedBehind(bytes: Uint8Array, length: number): Uint8Array {
  const all = new Uint8Array(length).fill(UNTOUCHED);
  all.set(bytes);
  return all;
}

const untouchedValues = floats(new Uint8Array(8).fill(UNTOUCHED));

describe('group_scales', () => {
  test('on the CPU is what the oracle computes', async () => {
    for (const input of cases.scaleCases()) {
      const expected = oracle.groupScales(input.x, input.groupSize, input.thresholds);
      for (const chunk of [cpu.chunk, SMALL_CHUNK]) {
        const found = await scalesOn(cpu, input, chunk);
        expectBytes(found, untouchedBehind(expected, found.length));
      }
    }
  });

  test('on WebGPU is what the CPU computes', async () => {
    for (const input of cases.scaleCases()) {
      expectBytes(await scalesOn(gpu, input), await scalesOn(cpu, input));
      if (input.x.length > 8192)
        expectBytes(await scalesOn(gpu, input, SMALL_CHUNK), await scalesOn(cpu, input));
    }
    const { scale } = cases.longCases();
    expectBytes(await scalesOn(narrow, scale), await scalesOn(cpu, scale));
  });

  test('meets every byte', async () => {
    const x = Float32Array.from({ length: 256 * 32 }, (_, i) => Math.floor(i / 32));
    const thresholds = Float32Array.from({ length: 255 }, (_, i) => (i + 1) ** 2);
    const found = await scalesOn(cpu, { x, groupSize: 32, thresholds });
    expect(Array.from(found.subarray(0, 256))).toEqual(Array.from({ length: 256 }, (_, i) => i));
  });
});

describe.each(WIDTHS)('%i bits', bits => {
  test('quantize_groups on the CPU is what the oracle computes', async () => {
    for (const input of cases.quantizeCases(bits)) {
      const expected = oracle.quantizeGroups(input.x, input.scales, input.quantizer);
      for (const chunk of [cpu.chunk, SMALL_CHUNK]) {
        const found = await quantizeGroupsOn(cpu, input, chunk);
        expectBytes(found, untouchedBehind(expected, found.length));
      }
    }
  });

  test('quantize_groups on WebGPU is what the CPU computes', async () => {
    for (const input of cases.quantizeCases(bits)) {
      const chunk = input.x.length > 8192 ? SMALL_CHUNK : gpu.chunk;
      expectBytes(await quantizeGroupsOn(gpu, input, chunk), await quantizeGroupsOn(cpu, input));
    }
  });

  test('dequantize_groups on the CPU is what the oracle computes', async () => {
    for (const input of cases.dequantizeCases(bits)) {
      const { packed, scales, table, count } = input;
      const expected = [...oracle.dequantizeGroups(packed, scales, table, count), ...untouchedValues];
      for (const chunk of [cpu.chunk, SMALL_CHUNK]) {
        expectValues(await dequantizeGroupsOn(cpu, input, chunk), Float32Array.from(expected));
      }
    }
  });

  test('dequantize_groups on WebGPU is what the CPU computes', async () => {
    for (const input of cases.dequantizeCases(bits)) {
      const chunk = input.count > 8192 ? SMALL_CHUNK : gpu.chunk;
      expectValues(await dequantizeGroupsOn(gpu, input, chunk), await dequantizeGroupsOn(cpu, input));
    }
  });
});

test('a folded grid computes the same codes and values', async () => {
  const { quantize, dequantize } = cases.longCases();
  expectBytes(await quantizeGroupsOn(narrow, quantize), await quantizeGroupsOn(cpu, quantize));
  expectValues(await dequantizeGroupsOn(narrow, dequantize), await dequantizeGroupsOn(cpu, dequantize));
});

test('a NaN makes byte 0 and code 0, on every backend', async () => {
  const x = Float32Array.from({ length: 64 }, (_, i) => (i === 40 ? NaN : 3));
  const thresholds = new Float32Array(255);
  const quantizer = {
    bits: 2,
    groupSize: 32,
    inverse: new Float32Array(256).fill(1),
    boundaries: Float32Array.of(1, 2, 4),
  };
  for (const backend of [cpu, gpu]) {
    const scales = await scalesOn(backend, { x, groupSize: 32, thresholds });
    expect(Array.from(scales.subarray(0, 4))).toEqual([255, 0, 0, 0]);
    const codes = await quantizeGroupsOn(backend, { x, scales, quantizer });
    expect(Array.from(codes.subarray(9, 12))).toEqual([0xaa, 0xa8, 0xaa]);
  }
});
