/** The published quantizer, as a codec. */
import { packedBytes } from '../../../../kernels/codes.ts';
import { translatable } from '../../../shared/translatable.ts';
import type { Codec } from '../codec.ts';
import { affineTable, type AffineCoding } from './affine.ts';
import { measureAffine } from './affineAnalysis.ts';
import { quantizeAffine } from './affineEncoder.ts';
import { AffineReader } from './affineReader.ts';

export const affine: Codec<AffineCoding> = {
  asked: { minmax: { grouped: false, ofWidth: bits => ({ codec: 'affine', bits }) } },
  stored: ({ bits }) => ({ codec: 'affine', bits }),
  bytes: ({ bits }, count) => packedBytes(count, bits),
  nominalBits: ({ bits }) => bits,
  codeBits: ({ bits }) => bits,
  quantize: quantizeAffine,
  measure: measureAffine,
  decoding: ({ bits }, [scale, zero]) => ({
    bits,
    table: affineTable({ bits, scale, zero }),
    rotate: undefined,
  }),
  reader: reading => new AffineReader(reading),
  facts: ({ codec, scales: [scale, zero] }) => [
    {
      name: 'bits',
      value: codec.bits,
      meaning: translatable('Width of a code.'),
    },
    { name: 'step', value: 1 / scale, meaning: translatable('Distance between neighbouring values.') },
    { name: 'scale', value: scale, meaning: translatable('Codes per unit of value: 1 / step.') },
    { name: 'zero point', value: zero, meaning: translatable('The code that stands for 0.') },
  ],
};
