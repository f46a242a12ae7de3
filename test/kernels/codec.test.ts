/** The codec stages of the CPU against the oracle, and of WebGPU against the CPU's, byte for byte. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Backend } from '../../kernels/backend.ts';
import type { CpuBackend } from '../../kernels/cpu.ts';
import { openCpu, openWebGpu } from './backends.ts';
import * as cases from './codecCases.ts';
import { countsOn, rotateOn } from './codecDrive.ts';
import * as oracle from './codecOracle.ts';
import { expectValues } from './compare.ts';
import { valuesOf } from './mergeCases.ts';

let cpu: CpuBackend;
let gpu: Backend;
/** The same device with so narrow a grid that dispatches have two dimensions. */
let narrow: Backend;
beforeAll(async () => {
  cpu = await openCpu();
  gpu = await openWebGpu();
  narrow = await openWebGpu({ gridWidth: 3 });
});
afterAll(() => {
  gpu?.dispose();
  narrow?.dispose();
});

describe('rotate', () => {
  test('on the CPU is what the oracle computes', async () => {
    for (const { x, index, count } of cases.rotateCases()) {
      const expected = x.slice();
      expected.set(oracle.rotate(x.subarray(0, count), index));
      expectValues(await rotateOn(cpu, x, index, count), expected);
    }
  });

  test('on WebGPU is what the CPU computes', async () => {
    for (const { x, index, count } of cases.rotateCases()) {
      expectValues(await rotateOn(gpu, x, index, count), await rotateOn(cpu, x, index, count));
    }
    const long = valuesOf('weights', 70_001, 1);
    expectValues(await rotateOn(narrow, long, 2 ** 36 + 4), await rotateOn(cpu, long, 2 ** 36 + 4));
  });

  test('in two calls is what it is in one', async () => {
    const x = valuesOf('weights', 4000, 2);
    const [first, second] = [
      await rotateOn(cpu, x.slice(0, 1012), 20),
      await rotateOn(cpu, x.slice(1012), 1032),
    ];
    expectValues(Float32Array.of(...first, ...second), await rotateOn(cpu, x, 20));
  });

  test('is the product with the matrix, and its own inverse', async () => {
    const x = valuesOf('coarse', 1024, 3);
    const once = await rotateOn(cpu, x, 2 ** 35);
    expect(Array.from(once)).toEqual(Array.from(oracle.exactlyRotated(x, 2 ** 35), value => value + 0));
    expectValues(
      await rotateOn(cpu, once, 2 ** 35),
      x.map(value => value + 0),
    );
  });

  test('has signs of both kinds, evenly', () => {
    const negative = Array.from({ length: 65_536 }, (_, i) => oracle.signOf(i)).filter(
      sign => sign < 0,
    ).length;
    expect(Math.abs(negative - 32_768)).toBeLessThan(500);
  });
});

describe('code_counts', () => {
  test.each(cases.CODE_KINDS)('of %s codes', async kind => {
    for (const count of cases.CODE_COUNTS) {
      for (const first of [0, 3, 256, 1001]) {
        const codes = cases.codesOf(kind, first + count, count);
        const expected = oracle.codeCounts(codes.subarray(first));
        for (const backend of [cpu, gpu, narrow]) {
          expect(await countsOn(backend, codes, first)).toEqual(expected);
        }
      }
    }
  });
});
