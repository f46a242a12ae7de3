/** Oracle and cases of quantize_groups; more of them, in chunks, are in group.test.ts. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { packedBytes } from '../../../kernels/codes.ts';
import { WIDTHS } from '../cases.ts';
import { quantizeCases } from '../groupCases.ts';
import { quantizeGroups } from '../groupOracle.ts';
import { bytesIn, valuesIn } from '../plain.ts';
import type { StageCase } from '../stageDrive.ts';

type Call = Stages['quantizeGroups'];

export const oracle: Call = async (x, scales, quantizer, codes, first, count) => {
  const from = packedBytes(first, quantizer.bits);
  const bytes = bytesIn(scales).subarray(first / quantizer.groupSize);
  const packed = quantizeGroups(valuesIn(x).subarray(0, count), bytes, quantizer);
  bytesIn(codes).set(packed.subarray(0, bytesIn(codes).length - from), from);
};

export function* cases(): Generator<StageCase<Call>> {
  for (const bits of WIDTHS) {
    for (const { x, scales, quantizer } of quantizeCases(bits)) {
      if (x.length !== 257) continue;
      yield {
        inputs: [x, scales, new Uint8Array(packedBytes(x.length, bits))],
        call: (quantizeGroups, values, bytes, codes) =>
          quantizeGroups(values, bytes, quantizer, codes, 0, x.length),
      };
    }
  }
}
