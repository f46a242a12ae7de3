/** Every merge stage of WebGPU against the CPU's, byte for byte, sums and quotients too. */
import { describe, test } from 'vitest';
import { openCpu, openWebGpu } from './backends.ts';
import * as drops from './dropCases.ts';
import * as cases from './mergeCases.ts';
import type { MergeCase } from './mergeCases.ts';
import { byBackend, expectOutcome } from './mergeDrive.ts';

const cpu = await openCpu();
const gpu = await openWebGpu();
/** The same device with so narrow a grid that dispatches have two dimensions. */
const narrow = await openWebGpu({ gridWidth: 3 });

async function compare(all: Iterable<MergeCase>, backend = gpu): Promise<void> {
  for (const one of all) expectOutcome(await byBackend(backend, one), await byBackend(cpu, one));
}

test.each(cases.ELEMENTWISE)('%s', async stage => {
  await compare(cases.elementwiseCases(stage));
  await compare(cases.elementwiseCases(stage, [70_001], ['coarse', 'wide']), narrow);
});

test('quotient next to ties, powers of two and the smallest normal float32', () =>
  compare([cases.hardQuotients()]));

test('magnitude_histogram', async () => {
  await compare(cases.histogramCases());
  await compare(cases.histogramCases([70_001], ['weights']), narrow);
});

test('compare_task', () => compare(cases.comparisonCases()));

test('products and abs_sum', async () => {
  await compare(cases.sumCases());
  await compare(cases.sumCases(), narrow);
});

test('row_band', () => compare(drops.bandCases()));

test('random_drop', async () => {
  await compare(drops.randomCases());
  await compare(drops.randomCases([70_001]), narrow);
});

test('rank_drop', () => compare(drops.rankCases()));

describe('long', () => {
  test('a chunk', async () => {
    await compare(cases.elementwiseCases('disjoint_sum', [cpu.chunk], ['coarse']));
    await compare(cases.histogramCases([cpu.chunk], ['weights']));
  });

  test('rows, of which one is longer than a chunk of the CPU', async () => {
    await compare(drops.bandCases([{ first: 7, rows: 1, length: cpu.chunk + 3 }], ['coarse']));
    await compare(drops.rankCases([{ first: 2, rows: 1, length: 65_537 }], ['weights']));
  });

  test('more rows than a narrow grid is wide', async () => {
    const shape = { first: 70, rows: 50, length: 37 };
    await compare(drops.bandCases([shape], ['coarse']), narrow);
    await compare(drops.rankCases([shape], ['wide']), narrow);
  });
});
