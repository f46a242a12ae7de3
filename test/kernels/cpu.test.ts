/** Every CPU stage against the oracle, byte for byte. */
import { describe, expect, test } from 'vitest';
import { packedBytes } from '../../kernels/codes.ts';
import { SUM_BLOCK } from '../../kernels/stages/sums.ts';
import type { Region, Slice } from '../../kernels/memory.ts';
import { openCpu } from './backends.ts';
import * as cases from './cases.ts';
import { SMALL_CHUNK, stored, TASKS, TYPES, WIDTHS } from './cases.ts';
import { expectBytes, expectDifference, expectEncoded, expectLoss, expectValues } from './compare.ts';
import { deltaOn, dequantizeOn, encodeOn, energyOn, meanOn, quantizeOn, UNTOUCHED } from './drive.ts';
import * as oracle from './oracle.ts';

const cpu = await openCpu();

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
      const { codes, loss } = await quantizeOn(cpu, x, affine);
      expectBytes(codes, expected);
      expectLoss(loss, oracle.codesLoss(x, affine));
      expectBytes((await quantizeOn(cpu, x, affine, small)).codes, expected);
      expectLoss((await quantizeOn(cpu, x, affine, { chunk: SUM_BLOCK })).loss, loss);
    }
  });

  test('makes code 0 of a NaN', async () => {
    const { codes } = await quantizeOn(cpu, Float32Array.of(NaN, 3, NaN), { bits: 8, scale: 1, zero: 5 });
    expectBytes(codes.subarray(0, 4), Uint8Array.of(0, 8, 0, 0));
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

describe('delta_energy', () => {
  test.each(TYPES)('%s', async type => {
    for (const { tuned, base } of cases.energyCases(type)) {
      const expected = oracle.deltaEnergy(tuned, base);
      expect(await energyOn(cpu, tuned, base)).toBe(expected);
      expect(await energyOn(cpu, tuned, base, { chunk: SUM_BLOCK })).toBe(expected);
    }
  });
});

describe('sums', () => {
  test('do not look past the last value', async () => {
    const bytes = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);
    const notANumber = bytes(...new Array<number>(1024).fill(NaN));
    const { loss, energy } = await cpu.scope(async memory => {
      const [x, zeros, codes] = [memory.alloc(4096), memory.alloc(4096), memory.alloc(64)];
      await cpu.write(x, 0, 4096, async view => view.set(notANumber));
      await cpu.write(zeros, 0, 4096, async view => view.set(notANumber));
      await cpu.write(x, 0, 20, async view => view.set(bytes(1, 2, 3, 4, 7)));
      await cpu.write(zeros, 0, 20, async view => view.set(bytes(0, 0, 0, 0, 0)));
      const f32 = (region: Region): Slice => ({ region, type: 'F32', first: 0 });
      return {
        loss: await cpu.quantizePack(x, { bits: 2, scale: 1, zero: -2 }, codes, 0, 5),
        energy: await cpu.deltaEnergy(f32(x), f32(zeros), 5, 1),
      };
    });
    // Codes 0 to 3 stand for 2, 3, 4 and 5.
    expect(loss).toEqual({ error: 1 + 4, energy: 79 });
    expect(energy).toBe(80);
  });
});

describe('encode', () => {
  test.each(TYPES)('%s', async type => {
    for (const x of cases.encodeCases(type)) {
      const expected = oracle.encode(x, type);
      expectEncoded(await encodeOn(cpu, x, type), expected);
      expectEncoded(await encodeOn(cpu, x, type, small), expected);
    }
  });
});
