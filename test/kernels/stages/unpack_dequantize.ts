/** Oracle and cases of unpack_dequantize. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { packedBytes } from '../../../kernels/codes.ts';
import { KINDS, OFFSET, raw, stored, TYPES, WIDTHS } from '../cases.ts';
import { dequantize, unpack, type Stored } from '../oracle.ts';
import { bytesIn, elementsIn, slice, valuesIn } from '../plain.ts';
import { randomBytes } from '../random.ts';
import { BEHIND, COUNTS, FOLDED } from '../stageCases.ts';
import type { StageCase } from '../stageDrive.ts';

type Call = Stages['unpackDequantize'];

export const oracle: Call = async (codes, first, bits, table, addend, out, outFirst, count) => {
  const packed = bytesIn(codes).slice(packedBytes(first, bits));
  const added = addend && elementsIn(addend, count);
  valuesIn(out).set(dequantize(unpack(packed, bits, count), table, added), outFirst);
};

/** All codes, with an addend or without; then some from an offset on, to an offset. */
function restored(bits: number, count: number, addend: Stored | undefined): StageCase<Call> {
  // One of the values is flushed.
  const table = raw('weights', 1 << bits, bits).map((value, code) => (code === 1 ? 1e-39 : value));
  const behind = Math.ceil(count / OFFSET) * OFFSET;
  return {
    inputs: [
      randomBytes(packedBytes(count, bits), count),
      addend?.bytes ?? new Uint8Array(4),
      new Float32Array(behind + count + BEHIND),
    ],
    call: async (unpackDequantize, codes, added, out) => {
      const from = (first: number) => addend && slice(added, addend.type, first);
      await unpackDequantize(codes, 0, bits, table, from(0), out, 0, count);
      if (count > OFFSET)
        await unpackDequantize(codes, OFFSET, bits, table, from(OFFSET), out, behind, count - OFFSET);
    },
  };
}

export function* cases(): Generator<StageCase<Call>> {
  for (const bits of WIDTHS) {
    for (const count of COUNTS) {
      for (const [seed, type] of [...TYPES, undefined].entries()) {
        const kind = KINDS[(seed + count) % 4] ?? 'weights';
        yield restored(bits, count, type && stored(type, kind, count, seed));
      }
    }
  }
}

export function* folded(): Generator<StageCase<Call>> {
  for (const bits of WIDTHS) yield restored(bits, FOLDED, stored('BF16', 'weights', FOLDED, 4));
}
