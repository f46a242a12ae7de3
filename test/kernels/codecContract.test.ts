/** What every backend promises for the codec stages apart from results: refusals, and nothing done for empty input. */
import { describe, expect, test } from 'vitest';
import { openCpu, openWebGpu } from './backends.ts';

const single = new Uint16Array(256);
single[9] = 2 ** 14;

describe.each([await openCpu(), await openWebGpu()])('$info.kind', backend => {
  test('does nothing to nothing', async () => {
    await backend.scope(async memory => {
      const a = memory.alloc(64);
      await backend.rotate4(a, 8, 0);
      await backend.rotate256(a, 256, 0);
      await backend.ransDecode(a, { frequencies: single, offsets: Uint32Array.of(2) }, memory.alloc(4), 0, 0);
      expect(await backend.codeCounts(a, 64, 0)).toEqual(new Uint32Array(256));
    });
  });

  test('refuses what does not fit', async () => {
    await backend.scope(async memory => {
      const [a, b] = [memory.alloc(8192), memory.alloc(8192)];
      // Streams that are fine, too short, and partly outside of the region.
      const head = { frequencies: single, offsets: Uint32Array.of(4, 6, 7, 4097) };
      const refused = [
        backend.rotate4(a, 0, 2049),
        backend.rotate4(a, 2, 4),
        backend.rotate4(a, -4, 4),
        backend.rotate4(a, 2 ** 37, 1),
        backend.rotate256(a, 128, 256),
        backend.codeCounts(a, 0, 8193),
        backend.codeCounts(a, 1, 8192),
        backend.codeCounts(a, -1, 1),
        backend.codeCounts(a, 0.5, 1),
        backend.ransDecode(a, { ...head, frequencies: new Uint16Array(256) }, b, 0, 1),
        backend.ransDecode(a, { ...head, frequencies: Uint16Array.of(2 ** 14) }, b, 0, 1),
        backend.ransDecode(a, head, a, 0, 1),
        backend.ransDecode(a, head, b, 0, 8193),
        backend.ransDecode(a, head, b, -1, 1),
        backend.ransDecode(a, head, b, 0, 1, 4096),
        backend.ransDecode(a, head, b, 0, 1, 8192),
        backend.ransDecode(a, head, b, 3, 1),
        backend.ransDecode(a, head, b, 1, 1),
        backend.ransDecode(a, head, b, 2, 1),
      ];
      for (const operation of refused) await expect(operation).rejects.toThrow(RangeError);
    });
  });
});
