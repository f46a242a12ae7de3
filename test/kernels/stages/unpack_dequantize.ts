/** Oracle and cases of unpack_dequantize; more of them, in chunks, are in cpu.test.ts and webgpu.test.ts. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { packedBytes } from '../../../kernels/codes.ts';
import { raw, stored, TYPES, WIDTHS } from '../cases.ts';
import { dequantize, unpack } from '../oracle.ts';
import { bytesIn, elementsIn, slice, valuesIn } from '../plain.ts';
import { randomBytes } from '../random.ts';
import type { StageCase } from '../stageDrive.ts';

type Call = Stages['unpackDequantize'];

export const oracle: Call = async (codes, first, bits, table, addend, out, outFirst, count) => {
  const packed = bytesIn(codes).slice(packedBytes(first, bits));
  const added = addend && elementsIn(addend, count);
  valuesIn(out).set(dequantize(unpack(packed, bits, count), table, added), outFirst);
};

export function* cases(): Generator<StageCase<Call>> {
  for (const bits of WIDTHS) {
    const type = TYPES[bits % 3] ?? 'F32';
    const table = raw('weights', 1 << bits, bits);
    for (const count of [33, 2047, 8193]) {
      yield {
        inputs: [
          randomBytes(packedBytes(2048 + count, bits), count),
          stored(type, 'special', count, bits).bytes,
          new Float32Array(2048 + count),
        ],
        call: async (unpackDequantize, codes, addend, out) => {
          await unpackDequantize(codes, 0, bits, table, undefined, out, 0, count);
          await unpackDequantize(codes, 2048, bits, table, slice(addend, type), out, 2048, count);
        },
      };
    }
  }
}
