/** A tiny version of those merge stages that go wrong most easily, part of the self-test. */
import type { Region } from './memory.ts';
import type { MergeStages } from './mergeStages.ts';
import { SELF_TEST_COUNT, selfTestCoarse, selfTestValues } from './selftestData.ts';

/** A call whose results, and what it leaves in its regions, are known. */
export interface MergeCheck {
  /** What its regions hold at first. */
  readonly inputs: () => readonly Float32Array[];
  readonly run: (stages: MergeStages, regions: readonly Region[]) => Promise<readonly number[]>;
}

const COUNT = SELF_TEST_COUNT;

/** Rows that do not begin on whole vectors; the last values are in none. */
const ROWS = { first: 3, rows: 5, length: 401 } as const;

const STREAM = { seed: [0x12345678, 0x9abcdef0], tensor: 7, task: 2 } as const;

const fine = (seed: number): Float32Array => new Float32Array(selfTestValues(seed).buffer);

const nth = (regions: readonly Region[], i: number): Region => {
  const region = regions[i];
  if (!region) throw new Error(`there is no region ${i}`);
  return region;
};

export const MERGE_CHECKS: Readonly<Record<string, MergeCheck>> = {
  magnitude_histogram: {
    inputs: () => [fine(5)],
    run: async (stages, r) => [
      ...(await stages.magnitudeHistogram(nth(r, 0), 0, 0, COUNT)),
      // Values from 4 to 4.5.
      ...(await stages.magnitudeHistogram(nth(r, 0), 1, 0x40800000 >>> 20, COUNT)),
    ],
  },
  disjoint_sum: {
    inputs: () => [selfTestCoarse(6), selfTestCoarse(7), fine(8), fine(9)],
    run: async (stages, r) => {
      const [total, x, sum, share] = [nth(r, 0), nth(r, 1), nth(r, 2), nth(r, 3)];
      await stages.disjointSum(total, x, -1, -0.3, sum, share, true, COUNT);
      await stages.disjointSum(total, total, 1, 1 / 3, sum, share, false, COUNT);
      return [];
    },
  },
  quotient: {
    inputs: () => [fine(10), fine(11)],
    run: async (stages, r) => {
      await stages.quotient(nth(r, 0), nth(r, 1), 1e-8, COUNT);
      return [];
    },
  },
  random_drop: {
    inputs: () => [fine(16)],
    run: async (stages, r) => {
      await stages.randomDrop(nth(r, 0), 0x60000000, 1.7, STREAM, 2 ** 33 + 4, COUNT);
      return [];
    },
  },
  row_band: {
    inputs: () => [selfTestCoarse(12)],
    run: async (stages, r) => {
      await stages.rowBand({ region: nth(r, 0), ...ROWS }, 30, 200);
      return [];
    },
  },
  rank_drop: {
    inputs: () => [selfTestCoarse(13)],
    run: async (stages, r) => {
      const [low, step] = [2 ** 30, 2 ** 22];
      await stages.rankDrop({ region: nth(r, 0), ...ROWS }, low, step, true, STREAM, 2 ** 20 + 1);
      return [];
    },
  },
  products: {
    inputs: () => [fine(14), fine(15)],
    run: async (stages, r) => {
      const { xy, xx, yy } = await stages.products(nth(r, 0), nth(r, 1), COUNT);
      return [xy, xx, yy];
    },
  },
};

/** Digests of the right results. */
export const MERGE_EXPECTED: Readonly<Record<string, string>> = {
  magnitude_histogram: '5e2357e0',
  disjoint_sum: 'af3bed88',
  quotient: 'c257b176',
  random_drop: '7b93693b',
  row_band: '55d0df48',
  rank_drop: '7e26f390',
  products: '6655dc8d',
};
