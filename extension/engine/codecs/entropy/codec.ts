/** The entropy-coded lattice, as a codec. */
import { translatable } from '../../../shared/translatable.ts';
import type { Codec } from '../codec.ts';
import { measureLattices } from './entropyAnalysis.ts';
import { quantizeEntropy } from './entropyEncoder.ts';
import { EntropyReader } from './entropyReader.ts';
import { latticeTable, type EntropyCoding } from './lattice.ts';

export const entropy: Codec<EntropyCoding> = {
  asked: { entropy: { grouped: false, ofWidth: undefined } },
  stored: () => ({ codec: 'entropy' }),
  bytes: ({ bytes }) => bytes,
  nominalBits: ({ bytes }, count) => (8 * bytes) / count,
  codeBits: () => 8,
  // Sizes of the streams stand in front of them.
  collected: ({ bytes }) => bytes,
  quantize: quantizeEntropy,
  measure: measureLattices,
  decoding: (_coding, [unit]) => ({ bits: 8, table: latticeTable(unit), rotate: 'rotate4' }),
  reader: reading => new EntropyReader(reading),
  facts: ({ scales: [unit, step] }) => [
    {
      name: 'unit',
      value: unit,
      meaning: translatable('Distance between neighbouring values, before they are rotated back.'),
    },
    { name: 'step', value: step, meaning: translatable('Step to which values were rounded.') },
    {
      name: 'gain',
      value: unit / step,
      meaning: translatable('Unit / step: keeps the restored vector as long as the original.'),
    },
  ],
};
