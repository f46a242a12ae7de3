/** Oracle and cases of quantize_groups. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { packedBytes } from '../../../kernels/codes.ts';
import { OFFSET, WIDTHS } from '../cases.ts';
import { longQuantize, quantizeCases, type QuantizeCase } from '../groupCases.ts';
import { quantizeGroups } from '../groupOracle.ts';
import { bytesIn, valuesIn } from '../plain.ts';
import { untouched, type StageCase } from '../stageDrive.ts';

type Call = Stages['quantizeGroups'];

export const oracle: Call = async (x, scales, quantizer, codes, first, count) => {
  const from = packedBytes(first, quantizer.bits);
  const bytes = bytesIn(scales).subarray(first / quantizer.groupSize);
  const packed = quantizeGroups(valuesIn(x).subarray(0, count), bytes, quantizer);
  bytesIn(codes).set(packed.subarray(0, bytesIn(codes).length - from), from);
};

/** All codes; then some of the values with the scales from an offset on. */
const quantized = ({ x, scales, quantizer }: QuantizeCase): StageCase<Call> => {
  const bytes = packedBytes(x.length, quantizer.bits);
  return {
    inputs: [x, scales, untouched(bytes), untouched(bytes)],
    call: async (quantizeGroups, values, bytes, codes, behind) => {
      await quantizeGroups(values, bytes, quantizer, codes, 0, x.length);
      if (x.length > OFFSET)
        await quantizeGroups(values, bytes, quantizer, behind, OFFSET, x.length - OFFSET);
    },
  };
};

export function* cases(): Generator<StageCase<Call>> {
  for (const bits of WIDTHS) for (const one of quantizeCases(bits)) yield quantized(one);
}

export function* folded(): Generator<StageCase<Call>> {
  yield quantized(longQuantize());
}
