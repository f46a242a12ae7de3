/** Oracle and cases of quantize_pack. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { packedBytes } from '../../../kernels/codes.ts';
import type { Affine } from '../../../kernels/stages/quantize_pack/stage.ts';
import { affineOf, OFFSET, raw, ties, WIDTHS } from '../cases.ts';
import { codesLoss, ftz, pack, quantize } from '../oracle.ts';
import { bytesIn, valuesIn } from '../plain.ts';
import { COUNTS, FOLDED } from '../stageCases.ts';
import { untouched, type StageCase } from '../stageDrive.ts';

type Call = Stages['quantizePack'];

export const oracle: Call = async (x, affine, codes, first, count, before = { error: 0, energy: 0 }) => {
  const values = valuesIn(x).slice(0, count);
  const packed = pack(quantize(values, affine), affine.bits);
  const from = packedBytes(first, affine.bits);
  bytesIn(codes).set(packed.subarray(0, bytesIn(codes).length - from), from);
  const { error, energy } = codesLoss(values, affine);
  return { error: before.error + error, energy: before.energy + energy };
};

/** All codes, then a few of them once more behind those, with the sums carried on. */
const quantized = (values: Float32Array, affine: Affine): StageCase<Call> => {
  const count = values.length;
  const behind = Math.ceil(count / OFFSET) * OFFSET;
  const again = Math.min(count, OFFSET + 1);
  return {
    inputs: [values.map(ftz), untouched(packedBytes(behind + again, affine.bits))],
    call: async (quantizePack, x, codes) => {
      const before = await quantizePack(x, affine, codes, 0, count);
      return [before, await quantizePack(x, affine, codes, behind, again, before)];
    },
  };
};

/** The published quantizer, ties of it and of others, and scales at the ends of float32. */
export function* cases(): Generator<StageCase<Call>> {
  for (const bits of WIDTHS) {
    const third = { bits, scale: 1 / 3, zero: 2 ** (bits - 1) };
    const one = { bits, scale: 1, zero: 0 };
    for (const count of COUNTS) {
      const weights = raw('weights', count, count);
      const published = affineOf(weights, bits);
      yield quantized(weights, published);
      yield quantized(ties(published, count, 4), published);
      if (count > OFFSET) continue;
      yield quantized(ties(third, count, 5), third);
      yield quantized(ties(one, count, 6), one);
    }
    const weights = raw('weights', OFFSET - 1, 2);
    yield quantized(weights, { bits, scale: 1e30, zero: -1e6 });
    yield quantized(raw('wide', OFFSET - 1, 3), third);
    yield quantized(raw('wide', OFFSET - 1, 4), { bits, scale: 1e-40, zero: 1 });
    yield quantized(raw('tiny', OFFSET - 1, 5), { bits, scale: 2 ** 127, zero: 0 });
  }
}

export function* folded(): Generator<StageCase<Call>> {
  for (const bits of WIDTHS) {
    const weights = raw('weights', FOLDED, bits);
    yield quantized(weights, affineOf(weights, bits));
  }
}
