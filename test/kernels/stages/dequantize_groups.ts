/** Oracle and cases of dequantize_groups; more of them, in chunks, are in group.test.ts. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { packedBytes } from '../../../kernels/codes.ts';
import { WIDTHS } from '../cases.ts';
import { dequantizeCases } from '../groupCases.ts';
import { dequantizeGroups } from '../groupOracle.ts';
import { bytesIn, valuesIn } from '../plain.ts';
import type { StageCase } from '../stageDrive.ts';

type Call = Stages['dequantizeGroups'];

export const oracle: Call = async (codes, scales, table, out, first, count) => {
  const packed = bytesIn(codes).subarray(packedBytes(first, table.bits));
  const bytes = bytesIn(scales).subarray(first / table.groupSize);
  valuesIn(out).set(dequantizeGroups(packed, bytes, table, count));
};

export function* cases(): Generator<StageCase<Call>> {
  for (const bits of WIDTHS) {
    for (const { packed, scales, table, count } of dequantizeCases(bits)) {
      if (count !== 257) continue;
      yield {
        inputs: [packed, scales, new Float32Array(count)],
        call: (dequantizeGroups, codes, bytes, out) => dequantizeGroups(codes, bytes, table, out, 0, count),
      };
    }
  }
}
