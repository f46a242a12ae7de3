/** Every merge stage of the CPU against the oracle, byte for byte. */
import { describe, expect, test } from 'vitest';
import { openCpu } from './backends.ts';
import * as drops from './dropCases.ts';
import * as cases from './mergeCases.ts';
import type { MergeCase } from './mergeCases.ts';
import { byBackend, byOracle, expectOutcome } from './mergeDrive.ts';
import { philox } from './philox.ts';

const cpu = await openCpu();

async function compare(all: Iterable<MergeCase>): Promise<void> {
  for (const one of all) expectOutcome(await byBackend(cpu, one), await byOracle(one));
}

test.each(cases.ELEMENTWISE)('%s', stage => compare(cases.elementwiseCases(stage)));

test('quotient next to ties, powers of two and the smallest normal float32', () =>
  compare([cases.hardQuotients()]));

test('magnitude_histogram', () => compare(cases.histogramCases()));

test('compare_task', () => compare(cases.comparisonCases()));

test('products and abs_sum', () => compare(cases.sumCases()));

test('row_band', () => compare(drops.bandCases()));

test('random_drop', () => compare(drops.randomCases()));

test('rank_drop', () => compare(drops.rankCases()));

describe('long', () => {
  test('a chunk', async () => {
    await compare(cases.elementwiseCases('disjoint_sum', [cpu.chunk], ['coarse']));
    await compare(cases.histogramCases([cpu.chunk], ['weights']));
  });

  test('rows, of which one is longer than a chunk', async () => {
    await compare(drops.bandCases([{ first: 7, rows: 1, length: cpu.chunk + 3 }], ['weights']));
    await compare(drops.rankCases([{ first: 2, rows: 1, length: 65_537 }], ['coarse']));
  });
});

describe('the oracle', () => {
  test('has the published words of Philox4x32-10', () => {
    const ones = 0xffffffff;
    expect(philox([0, 0, 0, 0], [0, 0])).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
    expect(philox([ones, ones, ones, ones], [ones, ones])).toEqual([
      0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd,
    ]);
    expect(philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])).toEqual([
      0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1,
    ]);
  });
});
