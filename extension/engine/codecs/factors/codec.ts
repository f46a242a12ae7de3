/** An adapter's own factors, as a codec: exact, and nothing that a recipe asks for. */
import { translatable } from '../../../shared/translatable.ts';
import type { Codec } from '../codec.ts';
import { rangeOf } from '../values.ts';
import { exactChoice, type FactorsCoding } from './factors.ts';
import { storeFactors } from './factorsEncoder.ts';
import { FactorsReader } from './factorsReader.ts';

export const factors: Codec<FactorsCoding> = {
  asked: {},
  stored: () => ({ codec: 'factors' }),
  bytes: ({ bytes }) => bytes,
  nominalBits: ({ bytes }, count) => (8 * bytes) / count,
  codeBits: () => 0,
  quantize: storeFactors,
  measure: async (context, memory, tensor, values, { coding }) => {
    const { extent, energy } = await rangeOf(context, memory.x, tensor, values);
    const { output, count } = tensor;
    const choices = extent.finite ? [exactChoice(coding)] : [];
    return { output, elements: count, energy, ...extent, choices };
  },
  decoding: undefined,
  reader: reading => new FactorsReader(reading),
  facts: ({ payload }) => [
    {
      name: 'factor bytes',
      value: payload?.bytes ?? 0,
      meaning: translatable('Bytes of the adapter’s matrices, stored as they were.'),
    },
  ],
};
