/** Properties that follow from the definition of the rotations; test/kernels/stages/ compares them with the oracle. */
import { describe, expect, test } from 'vitest';
import { openCpu } from './backends.ts';
import { rotateOn } from './codecDrive.ts';
import * as oracle from './codecOracle.ts';
import { expectValues } from './compare.ts';
import { valuesOf } from './stageCases.ts';

const cpu = await openCpu();

describe.each([4, 256] as const)('rotation of %i values', order => {
  test('in two calls is what it is in one', async () => {
    const x = valuesOf('weights', 4000, 2);
    const half = 5 * order;
    const first = await rotateOn(cpu, x.slice(0, half), order, order);
    const second = await rotateOn(cpu, x.slice(half), order + half, order);
    expectValues(Float32Array.of(...first, ...second), await rotateOn(cpu, x, order, order));
  });

  test('is the product with the matrix, and its own inverse', async () => {
    const x = valuesOf('coarse', 1030, 3);
    const once = await rotateOn(cpu, x, 2 ** 35, order);
    const exact = oracle.exactlyRotated(x, 2 ** 35, order);
    expect(Array.from(once)).toEqual(Array.from(exact, value => value + 0));
    expectValues(
      await rotateOn(cpu, once, 2 ** 35, order),
      x.map(value => value + 0),
    );
  });
});

describe('rotations', () => {
  test('has signs of both kinds, evenly', () => {
    const negative = Array.from({ length: 65_536 }, (_, i) => oracle.signOf(i)).filter(
      sign => sign < 0,
    ).length;
    expect(Math.abs(negative - 32_768)).toBeLessThan(500);
  });
});
