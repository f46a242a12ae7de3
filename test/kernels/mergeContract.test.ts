/** What every backend promises for the merge stages apart from results: refusals, and nothing done for empty input. */
import { describe, expect, test } from 'vitest';
import { openCpu, openWebGpu } from './backends.ts';

const stream = { seed: [1, 2], tensor: 3, task: 4 } as const;

describe.each([await openCpu(), await openWebGpu()])('$info.kind', backend => {
  test('does nothing to nothing', async () => {
    await backend.scope(async memory => {
      const [a, b, c, d] = [memory.alloc(64), memory.alloc(64), memory.alloc(64), memory.alloc(64)];
      const sums = { xy: 1, xx: 2, yy: 3 };
      await backend.axpy(a, b, 1, true, 0);
      expect(await backend.magnitudeHistogram(a, 1, 5, 0)).toEqual(new Uint32Array(1024));
      expect(await backend.trim(a, 5, 0)).toBe(0);
      expect(await backend.signCounts(a, 0)).toEqual({ positive: 0, negative: 0 });
      await backend.disjointSum(a, b, 1, 1, c, d, true, 0);
      await backend.quotient(a, b, 1e-8, 0);
      await backend.maxMagnitude(a, b, true, 0);
      await backend.consensusVote(a, b, 0.4, c, true, 0);
      expect(await backend.keepVoted(a, b, 2, 0)).toBe(0);
      await backend.unify(a, b, c, true, 0);
      await backend.maskBySign(a, b, c, 0);
      await backend.rowBand({ region: a, first: 16, rows: 0, length: 8 }, 1, 1);
      await backend.randomDrop(a, 5, 1, stream, 0, 0);
      await backend.rankDrop({ region: a, first: 16, rows: 8, length: 0 }, 1, 1, true, stream, 3);
      const nothing = { product: 0, energy: 0, both: 0, any: 0 };
      expect(await backend.compareTask(a, b, c, true, 0)).toEqual(nothing);
      expect(await backend.products(a, b, 0, sums)).toEqual(sums);
      expect(await backend.absSum(a, 0, 7)).toBe(7);
    });
  });

  test('refuses what does not fit', async () => {
    await backend.scope(async memory => {
      const [a, b, c] = [memory.alloc(8192), memory.alloc(8192), memory.alloc(8192)];
      const rows = { region: a, first: 0, rows: 2, length: 8 };
      const refused = [
        backend.axpy(a, b, 1, true, 2049),
        backend.axpy(a, a, 1, true, 1),
        backend.magnitudeHistogram(a, 0, 1, 1),
        backend.magnitudeHistogram(a, 1, 2048, 1),
        backend.trim(a, 2 ** 31, 1),
        backend.signCounts(a, backend.chunk + 1),
        backend.disjointSum(a, b, 1, 1, c, c, true, 1),
        backend.disjointSum(a, b, 1, 1, c, a, true, 1),
        backend.quotient(a, a, 1e-8, 1),
        backend.quotient(a, b, 0, 1),
        backend.maxMagnitude(a, b, false, 2049),
        backend.consensusVote(a, b, -0.1, c, true, 1),
        backend.keepVoted(a, a, 1, 1),
        backend.unify(a, b, b, true, 1),
        backend.maskBySign(a, b, a, 1),
        backend.rowBand({ ...rows, first: 2040 }, 1, 1),
        backend.rowBand({ ...rows, length: 2 ** 20 + 1 }, 1, 1),
        backend.rowBand(rows, -1, 1),
        backend.rowBand(rows, 1, 0.5),
        backend.randomDrop(a, 2 ** 32 + 1, 1, stream, 0, 1),
        backend.randomDrop(a, 1, 1, stream, 2, 1),
        backend.randomDrop(a, 1, 1, { ...stream, task: 2 ** 32 }, 0, 1),
        backend.rankDrop(rows, 2 ** 32 - 1, 1, true, stream, 0),
        backend.rankDrop(rows, 1, 1, true, stream, 2 ** 34),
        backend.compareTask(a, b, b, true, 1),
        backend.products(a, b, 2049),
        backend.absSum(a, 2049),
      ];
      for (const operation of refused) await expect(operation).rejects.toThrow(RangeError);
    });
  });
});
