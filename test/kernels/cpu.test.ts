/** Every CPU stage against the oracle, byte for byte. */
import { beforeAll, describe, expect, test } from 'vitest';
import { packedBytes } from '../../kernels/backend.ts';
import type { CpuBackend } from '../../kernels/cpu.ts';
import { openCpu } from './backends.ts';
import * as cases from './cases.ts';
import { SMALL_CHUNK, stored, TASKS, TYPES, WIDTHS } from './cases.ts';
import { expectBytes, expectDifference, expectValues } from './compare.ts';
import { deltaOn, dequantizeOn, encodeOn, errorOn, meanOn, quantizeOn, UNTOUCHED } from './drive.ts';
import * as oracle from './oracle.ts';

let cpu: CpuBackend;
beforeAll(async () => {
  cpu = await openCpu();
});

const small = { chunk: SMALL_CHUNK };

describe('delta_minmax', () => {
  for (const tuned of TYPES) {
    for (const reference of [...TYPES, undefined]) {
      test(`${tuned} - ${reference ?? 'nothing'}`, async () => {
        for (const { t, r } of cases.deltaCases(tuned, reference)) {
          const expected = oracle.deltaMinmax(t, r);
          expectDifference(await deltaOn(cpu, t, r), expected);
          expectDifference(await deltaOn(cpu, t, r, { store: false }), expected);
          expectDifference(await deltaOn(cpu, t, r, small), expected);
        }
      });
    }
  }

  test.each(['F16', 'BF16'] as const)('every %s', async type => {
    const all = cases.everyHalf(type);
    expectDifference(await deltaOn(cpu, all, undefined), oracle.deltaMinmax(all, undefined));
  });

  test('a tensor of several chunks', async () => {
    const count = 2 * cpu.chunk + 4097;
    const [t, r] = [stored('F32', 'weights', count, 1), stored('BF16', 'weights', count, 2)];
    expectDifference(await deltaOn(cpu, t, r), oracle.deltaMinmax(t, r));
  });

  test('has no extent without a finite value', async () => {
    const bytes = new Uint8Array(Uint32Array.of(0x7fc00000, 0xff800000).buffer);
    const { extent } = await deltaOn(cpu, { type: 'F32', bytes }, undefined);
    expect(extent).toEqual({ min: Infinity, max: -Infinity, finite: false });
  });

  test('sees a result that overflows', async () => {
    const of = (value: number): oracle.Stored => ({
      type: 'F32',
      bytes: new Uint8Array(Float32Array.of(1, value, 2).buffer),
    });
    const { extent } = await deltaOn(cpu, of(3e38), of(-3e38));
    expect(extent).toEqual({ min: 0, max: 0, finite: false });
  });
});

describe('accumulate and mean_delta', () => {
  for (const type of TYPES) {
    test.each(TASKS)(`${type}, divided by %i`, async tasks => {
      for (const { tuned, base } of cases.meanCases(type, tasks)) {
        const expected = oracle.meanDelta(oracle.accumulate(tuned), tasks, base);
        expectDifference(await meanOn(cpu, tuned, tasks, base), expected);
        expectDifference(await meanOn(cpu, tuned, tasks, base, { ...small, inPlace: false }), expected);
      }
    });
  }
});

describe('quantize_pack', () => {
  test.each(WIDTHS)('%i bits', async bits => {
    for (const { x, affine } of cases.quantizeCases(bits)) {
      const packed = oracle.pack(oracle.quantize(x, affine), bits);
      const expected = new Uint8Array(Math.ceil(packedBytes(x.length, bits) / 4) * 4 + 32).fill(UNTOUCHED);
      expected.set(packed);
      expectBytes(await quantizeOn(cpu, x, affine), expected);
      expectBytes(await quantizeOn(cpu, x, affine, small), expected);
    }
  });

  test('makes code 0 of a NaN', async () => {
    const packed = await quantizeOn(cpu, Float32Array.of(NaN, 3, NaN), { bits: 8, scale: 1, zero: 5 });
    expectBytes(packed.subarray(0, 4), Uint8Array.of(0, 8, 0, 0));
  });
});

describe('unpack_dequantize', () => {
  test.each(WIDTHS)('%i bits', async bits => {
    for (const { packed, count, table, addend } of cases.dequantizeCases(bits)) {
      const expected = oracle.dequantize(oracle.unpack(packed, bits, count), table, addend);
      expectValues(await dequantizeOn(cpu, packed, bits, count, table, addend), expected);
      expectValues(await dequantizeOn(cpu, packed, bits, count, table, addend, small), expected);
    }
  });
});

describe('squared_error', () => {
  test('values of every length', async () => {
    for (const { x, y } of cases.errorCases()) {
      const expected = oracle.squaredError(x, y);
      expect(await errorOn(cpu, x, y)).toEqual(expected);
      expect(await errorOn(cpu, x, y, { chunk: 8192 })).toEqual(expected);
    }
  });

  test('does not look past the last value', async () => {
    const bytes = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);
    const sums = await cpu.scope(async memory => {
      const regions = [memory.alloc(4096), memory.alloc(4096)] as const;
      const notANumber = bytes(...new Array<number>(1024).fill(NaN));
      for (const region of regions) await cpu.write(region, 0, 4096, async view => view.set(notANumber));
      await cpu.write(regions[0], 0, 20, async view => view.set(bytes(1, 2, 3, 4, 5)));
      await cpu.write(regions[1], 0, 20, async view => view.set(bytes(1, 2, 3, 4, 7)));
      return cpu.squaredError(...regions, 5);
    });
    expect(sums).toEqual({ error: 4, energy: 55 });
  });
});

describe('encode', () => {
  test.each(TYPES)('%s', async type => {
    for (const x of cases.encodeCases(type)) {
      const expected = oracle.encode(x, type);
      expectBytes(await encodeOn(cpu, x, type), expected);
      expectBytes(await encodeOn(cpu, x, type, small), expected);
    }
  });
});
