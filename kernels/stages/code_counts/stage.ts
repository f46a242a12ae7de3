/** Stage code_counts: how often each 8-bit code occurs. */
import { CODES } from '../../codes.ts';
import type { Region } from '../../memory.ts';
import common from '../../shared/common.wgsl';
import { SCRATCH } from '../../wasm.ts';
import { checkCount, checkEnd, require } from '../checks.ts';
import { bytes, COUNT } from '../sample.ts';
import type { Stage } from '../stage.ts';
import { countsIn, OFFSET_BYTES, tilesOf } from '../windows.ts';
import source from './code_counts.wgsl';

export interface CodeCountsStage {
  /** How often each value occurs among the `count` bytes from byte `first` (any) of `codes`. 256 counts. */
  codeCounts(codes: Region, first: number, count: number): Promise<Uint32Array>;
}

const BYTES = 4 * CODES;

export const codeCounts: Stage<CodeCountsStage['codeCounts']> = {
  name: 'code_counts',
  shader: common + source,
  check(chunk, codes, first, count) {
    checkCount(count, chunk);
    require(Number.isInteger(first) && first >= 0, `byte ${first} is none of a region`);
    checkEnd(codes, first + count);
  },
  cpu(kernel, codes, first, count) {
    kernel.run(kernel.at(codes, first), count, SCRATCH.bins);
    return kernel.words(SCRATCH.bins, CODES).slice();
  },
  gpu(codes, first, count) {
    const within = first % OFFSET_BYTES;
    return {
      params: [within, within + count],
      bindings: [
        { memory: 'results', bytes: BYTES },
        { memory: codes, offset: first - within, bytes: within + count },
      ],
      groups: count > 0 ? tilesOf(Math.ceil((within + count) / 4)) : 0,
      found: { bytes: BYTES, cleared: true },
      result: countsIn,
    };
  },
  selfTest: {
    inputs: () => [bytes(44)],
    run: async (codeCounts, codes) => [...(await codeCounts(codes, 3, 4 * COUNT - 5))],
    digest: '9b2e215e',
  },
};
