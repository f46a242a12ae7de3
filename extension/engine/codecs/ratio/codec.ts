/** Ratios to the base's values, as a codec: for running variances, and nothing that a recipe asks for. */
import { translatable } from '../../../shared/translatable.ts';
import type { Codec } from '../codec.ts';
import { RATIOS, type RatioCoding } from './ratio.ts';
import { measureRatio, quantizeRatio } from './ratioEncoder.ts';
import { RatioReader } from './ratioReader.ts';

export const ratio: Codec<RatioCoding> = {
  asked: {},
  stored: () => ({ codec: 'ratio' }),
  bytes: (_coding, count) => count,
  nominalBits: () => 8,
  codeBits: () => 0,
  quantize: quantizeRatio,
  measure: measureRatio,
  decoding: undefined,
  reader: reading => new RatioReader(reading),
  facts: () => [
    {
      name: 'step',
      value: RATIOS[129] as number,
      meaning: translatable('Factor between neighbouring values: each is the base’s, times a power of it.'),
    },
  ],
};
