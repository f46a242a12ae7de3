/** Oracle and cases of dequantize_groups. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { packedBytes } from '../../../kernels/codes.ts';
import { OFFSET, WIDTHS } from '../cases.ts';
import { dequantizeCases, longDequantize, type DequantizeCase } from '../groupCases.ts';
import { dequantizeGroups } from '../groupOracle.ts';
import { bytesIn, valuesIn } from '../plain.ts';
import { BEHIND } from '../stageCases.ts';
import type { StageCase } from '../stageDrive.ts';

type Call = Stages['dequantizeGroups'];

export const oracle: Call = async (codes, scales, table, out, first, count) => {
  const packed = bytesIn(codes).subarray(packedBytes(first, table.bits));
  const bytes = bytesIn(scales).subarray(first / table.groupSize);
  valuesIn(out).set(dequantizeGroups(packed, bytes, table, count));
};

/** All values, and those from an offset on. */
const restored = ({ packed, scales, table, count }: DequantizeCase): StageCase<Call> => ({
  inputs: [packed, scales, ...[1, 2].map(() => new Float32Array(count + BEHIND))],
  call: async (dequantizeGroups, codes, bytes, out, rest) => {
    await dequantizeGroups(codes, bytes, table, out, 0, count);
    if (count > OFFSET) await dequantizeGroups(codes, bytes, table, rest, OFFSET, count - OFFSET);
  },
});

export function* cases(): Generator<StageCase<Call>> {
  for (const bits of WIDTHS) for (const one of dequantizeCases(bits)) yield restored(one);
}

export function* folded(): Generator<StageCase<Call>> {
  yield restored(longDequantize());
}
