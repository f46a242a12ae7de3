/** Every WebGPU stage against the CPU's, byte for byte, sums too. */
import { describe, expect, test } from 'vitest';
import { SUM_BLOCK } from '../../kernels/stages/sums.ts';
import { openCpu, openWebGpu } from './backends.ts';
import * as cases from './cases.ts';
import { raw, SMALL_CHUNK, stored, TASKS, TYPES, WIDTHS } from './cases.ts';
import { expectBytes, expectDifference, expectEncoded, expectQuantized, expectValues } from './compare.ts';
import { deltaOn, dequantizeOn, encodeOn, energyOn, meanOn, quantizeOn } from './drive.ts';
import { randomBytes } from './random.ts';

const cpu = await openCpu();
const gpu = await openWebGpu();
/** The same device with so narrow a grid that dispatches have two dimensions. */
const narrow = await openWebGpu({ gridWidth: 3 });

/** Several chunks of either backend, and a remainder that is not aligned to anything. */
const longCount = (): number => Math.max(cpu.chunk, gpu.chunk) + 12_345;

describe('delta_minmax', () => {
  for (const tuned of TYPES) {
    for (const reference of [...TYPES, undefined]) {
      test(`${tuned} - ${reference ?? 'nothing'}`, async () => {
        for (const { t, r } of cases.deltaCases(tuned, reference)) {
          const expected = await deltaOn(cpu, t, r);
          expectDifference(await deltaOn(gpu, t, r), expected);
          expectDifference(await deltaOn(gpu, t, r, { store: false }), expected);
        }
      });
    }
  }

  test.each(['F16', 'BF16'] as const)('every %s', async type => {
    const all = cases.everyHalf(type);
    expectDifference(await deltaOn(gpu, all, undefined), await deltaOn(cpu, all, undefined));
  });

  test('a tensor of several chunks, on a wide and on a narrow grid', async () => {
    const count = longCount();
    const [t, r] = [stored('F16', 'special', count, 1), stored('F32', 'weights', count, 2)];
    const expected = await deltaOn(cpu, t, r);
    expectDifference(await deltaOn(gpu, t, r), expected);
    expectDifference(await deltaOn(narrow, t, r), expected);
  });

  test('at offsets', async () => {
    const [t, r] = [stored('BF16', 'wide', 20_001, 1), stored('F32', 'wide', 20_001, 2)];
    expectDifference(await deltaOn(gpu, t, r, { chunk: SMALL_CHUNK }), await deltaOn(cpu, t, r));
  });
});

describe('accumulate and mean_delta', () => {
  for (const type of TYPES) {
    test.each(TASKS)(`${type}, divided by %i`, async tasks => {
      for (const { tuned, base } of cases.meanCases(type, tasks)) {
        expectDifference(await meanOn(gpu, tuned, tasks, base), await meanOn(cpu, tuned, tasks, base));
      }
    });
  }

  test('every divisor', async () => {
    for (let tasks = 1; tasks <= 127; tasks++) {
      const [sum, base] = [stored('F32', 'wide', 9001, tasks), stored('BF16', 'tiny', 9001, tasks)];
      expectDifference(await meanOn(gpu, [sum], tasks, base), await meanOn(cpu, [sum], tasks, base));
    }
  });

  test('at offsets, on a narrow grid, not in place', async () => {
    const tuned = TYPES.map((type, seed) => stored(type, 'weights', 70_001, seed));
    const base = stored('F16', 'weights', 70_001, 9);
    const expected = await meanOn(cpu, tuned, 3, base);
    const options = { chunk: 16 * SMALL_CHUNK, inPlace: false };
    expectDifference(await meanOn(narrow, tuned, 3, base, options), expected);
  });
});

describe('quantize_pack', () => {
  test.each(WIDTHS)('%i bits', async bits => {
    for (const { x, affine } of cases.quantizeCases(bits)) {
      expectQuantized(await quantizeOn(gpu, x, affine), await quantizeOn(cpu, x, affine));
    }
  });

  test.each(WIDTHS)('%i bits: at offsets; of several chunks; on a narrow grid', async bits => {
    const short = raw('weights', 20_001, bits);
    const long = raw('weights', longCount(), bits);
    const affine = cases.affineOf(long, bits);
    const inChunks = await quantizeOn(gpu, short, affine, { chunk: SMALL_CHUNK });
    expectBytes(inChunks.codes, (await quantizeOn(cpu, short, affine)).codes);
    const expected = await quantizeOn(cpu, long, affine);
    expectQuantized(await quantizeOn(gpu, long, affine), expected);
    expectQuantized(await quantizeOn(narrow, long, affine), expected);
  });

  test('makes code 0 of a NaN', async () => {
    const { codes } = await quantizeOn(gpu, Float32Array.of(NaN, 3, NaN), { bits: 8, scale: 1, zero: 5 });
    expectBytes(codes.subarray(0, 4), Uint8Array.of(0, 8, 0, 0));
  });
});

describe('unpack_dequantize', () => {
  test.each(WIDTHS)('%i bits', async bits => {
    for (const { packed, count, table, addend } of cases.dequantizeCases(bits)) {
      const expected = await dequantizeOn(cpu, packed, bits, count, table, addend);
      expectValues(await dequantizeOn(gpu, packed, bits, count, table, addend), expected);
    }
  });

  test.each(WIDTHS)('%i bits: at offsets; of several chunks; on a narrow grid', async bits => {
    const count = longCount();
    const packed = randomBytes(count, bits);
    const table = raw('weights', 1 << bits, bits);
    const addend = stored('BF16', 'weights', count, 4);
    const expected = await dequantizeOn(cpu, packed, bits, count, table, addend);
    expectValues(await dequantizeOn(gpu, packed, bits, count, table, addend), expected);
    const chunk = 32 * SMALL_CHUNK;
    expectValues(await dequantizeOn(narrow, packed, bits, count, table, addend, { chunk }), expected);
  });
});

describe('delta_energy', () => {
  test.each(TYPES)('%s', async type => {
    for (const { tuned, base } of cases.energyCases(type)) {
      expect(await energyOn(gpu, tuned, base)).toBe(await energyOn(cpu, tuned, base));
    }
  });

  test('of several chunks, which differ between backends; on a narrow grid', async () => {
    const [tuned, base] = [
      stored('F32', 'weights', longCount(), 1),
      stored('BF16', 'weights', longCount(), 2),
    ];
    const expected = await energyOn(cpu, tuned, base);
    expect(expected).toBeGreaterThan(0);
    expect(await energyOn(gpu, tuned, base)).toBe(expected);
    expect(await energyOn(narrow, tuned, base)).toBe(expected);
  });

  test('workgroups past the last block leave the sums alone', async () => {
    // A grid of 3 by 22 for 64 blocks.
    const [tuned, base] = [
      stored('F32', 'weights', 64 * SUM_BLOCK, 3),
      stored('F32', 'weights', 64 * SUM_BLOCK, 4),
    ];
    expect(await energyOn(narrow, tuned, base)).toBe(await energyOn(cpu, tuned, base));
  });
});

describe('encode', () => {
  test.each(TYPES)('%s', async type => {
    for (const x of cases.encodeCases(type)) {
      expectEncoded(await encodeOn(gpu, x, type), await encodeOn(cpu, x, type));
    }
  });

  test.each(TYPES)('%s: at offsets; of several chunks; on a narrow grid', async type => {
    const short = raw('wide', 20_001, 1);
    expectEncoded(await encodeOn(gpu, short, type, { chunk: SMALL_CHUNK }), await encodeOn(cpu, short, type));
    const long = raw('wide', longCount(), 2);
    expectEncoded(await encodeOn(narrow, long, type), await encodeOn(cpu, long, type));
  });
});
