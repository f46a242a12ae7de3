/** The codec stages of the CPU against the oracle, and of WebGPU against the CPU's, byte for byte. */
import { describe, expect, test } from 'vitest';
import { ORDERS } from '../../kernels/codecStages.ts';
import { openCpu, openWebGpu } from './backends.ts';
import * as cases from './codecCases.ts';
import { countsOn, rotateOn } from './codecDrive.ts';
import * as oracle from './codecOracle.ts';
import { expectValues } from './compare.ts';
import { valuesOf } from './mergeCases.ts';

const cpu = await openCpu();
const gpu = await openWebGpu();
/** The same device with so narrow a grid that dispatches have two dimensions. */
const narrow = await openWebGpu({ gridWidth: 3 });

describe.each(ORDERS)('rotate of %i values', order => {
  test('on the CPU is what the oracle computes', async () => {
    for (const { x, index, count } of cases.rotateCases(order)) {
      const expected = x.slice();
      expected.set(oracle.rotate(x.subarray(0, count), index, order));
      expectValues(await rotateOn(cpu, x, index, count, order), expected);
    }
  });

  test('on WebGPU is what the CPU computes', async () => {
    for (const { x, index, count } of cases.rotateCases(order)) {
      const expected = await rotateOn(cpu, x, index, count, order);
      expectValues(await rotateOn(gpu, x, index, count, order), expected);
    }
    const long = valuesOf('weights', 70_001, 1);
    const [index, count] = [2 ** 36 + order, long.length];
    const expected = await rotateOn(cpu, long, index, count, order);
    expectValues(await rotateOn(narrow, long, index, count, order), expected);
  });

  test('in two calls is what it is in one', async () => {
    const x = valuesOf('weights', 4000, 2);
    const half = 5 * order;
    const first = await rotateOn(cpu, x.slice(0, half), order, half, order);
    const second = await rotateOn(cpu, x.slice(half), order + half, x.length - half, order);
    expectValues(Float32Array.of(...first, ...second), await rotateOn(cpu, x, order, x.length, order));
  });

  test('is the product with the matrix, and its own inverse', async () => {
    const x = valuesOf('coarse', 1030, 3);
    const once = await rotateOn(cpu, x, 2 ** 35, x.length, order);
    const exact = oracle.exactlyRotated(x, 2 ** 35, order);
    expect(Array.from(once)).toEqual(Array.from(exact, value => value + 0));
    expectValues(
      await rotateOn(cpu, once, 2 ** 35, x.length, order),
      x.map(value => value + 0),
    );
  });
});

describe('rotate', () => {
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
