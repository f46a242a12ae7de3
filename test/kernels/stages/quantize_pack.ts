/** Oracle and cases of quantize_pack; more of them, in chunks, are in cpu.test.ts and webgpu.test.ts. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { packedBytes } from '../../../kernels/codes.ts';
import { affineOf, raw, ties, WIDTHS } from '../cases.ts';
import { codesLoss, ftz, pack, quantize } from '../oracle.ts';
import { bytesIn, valuesIn } from '../plain.ts';
import type { StageCase } from '../stageDrive.ts';

type Call = Stages['quantizePack'];

export const oracle: Call = async (x, affine, codes, first, count, before = { error: 0, energy: 0 }) => {
  const values = valuesIn(x).slice(0, count);
  const packed = pack(quantize(values, affine), affine.bits);
  const from = packedBytes(first, affine.bits);
  bytesIn(codes).set(packed.subarray(0, bytesIn(codes).length - from), from);
  const { error, energy } = codesLoss(values, affine);
  return { error: before.error + error, energy: before.energy + energy };
};

export function* cases(): Generator<StageCase<Call>> {
  for (const bits of WIDTHS) {
    for (const count of [33, 2047, 8191]) {
      const affine = affineOf(raw('weights', count, bits), bits);
      yield {
        inputs: [ties(affine, count, bits).map(ftz), new Uint8Array(packedBytes(4096 + count, bits) + 4)],
        call: async (quantizePack, x, codes) => [
          await quantizePack(x, affine, codes, 0, Math.min(count, 2048)),
          await quantizePack(x, affine, codes, 4096, count, { error: 1, energy: 2 }),
        ],
      };
    }
  }
}
