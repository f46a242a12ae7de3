/** Stage magnitude_histogram: one level of a radix select over magnitudes. */
import type { Region } from '../../memory.ts';
import common from '../../shared/common.wgsl';
import { SCRATCH } from '../../wasm.ts';
import { checkInteger, checkValues } from '../checks.ts';
import { COUNT, fine } from '../sample.ts';
import type { Stage } from '../stage.ts';
import { blocksOf } from '../sums.ts';
import { countsIn, values } from '../windows.ts';
import source from './magnitude_histogram.wgsl';

/** The three levels of a radix select over 31-bit magnitude keys: bits [shift, shift + bits). */
export const RADIX_LEVELS = [
  { shift: 20, bits: 11 },
  { shift: 10, bits: 10 },
  { shift: 0, bits: 10 },
] as const;

/** Bytes of the largest level's counts. */
export const HISTOGRAM_BYTES = 4 * 2 ** RADIX_LEVELS[0].bits;

export interface MagnitudeHistogramStage {
  /** Counts each value of the level's bits in the magnitude keys (the bits of |x|), among keys whose bits above the
   * level equal `prefix` (0 at level 0). 2^bits counts. Values must be finite. */
  magnitudeHistogram(x: Region, level: 0 | 1 | 2, prefix: number, count: number): Promise<Uint32Array>;
}

export const magnitudeHistogram: Stage<MagnitudeHistogramStage['magnitudeHistogram']> = {
  name: 'magnitude_histogram',
  shader: common + source,
  check(chunk, x, level, prefix, count) {
    checkValues(chunk, count, [], [x]);
    const { shift, bits } = RADIX_LEVELS[level];
    checkInteger('prefix', prefix, 2 ** (31 - shift - bits));
  },
  cpu(kernel, x, level, prefix, count) {
    const { shift, bits } = RADIX_LEVELS[level];
    const { bins, radix, gathered } = SCRATCH;
    kernel.run(x, shift, bits, prefix, count, bins, radix, gathered);
    return kernel.words(bins, 2 ** bits).slice();
  },
  gpu(x, level, prefix, count) {
    const { shift, bits } = RADIX_LEVELS[level];
    const bytes = 4 * 2 ** bits;
    return {
      params: [count, shift, bits, prefix],
      bindings: [{ memory: 'results', bytes }, values(x, count)],
      groups: blocksOf(count),
      found: { bytes, cleared: true },
      result: countsIn,
    };
  },
  selfTest: {
    inputs: () => [fine(5)],
    run: async (histogram, x) => [
      ...(await histogram(x, 0, 0, COUNT)),
      // Values from 4 to 4.5.
      ...(await histogram(x, 1, 0x40800000 >>> 20, COUNT)),
    ],
    digest: '5e2357e0',
    slow: true,
  },
};
