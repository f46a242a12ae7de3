/** Oracle and cases of encode. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { BYTES_PER_ELEMENT, type FloatType } from '../../../kernels/memory.ts';
import { OFFSET, raw, roundingCases, sizes, TYPES } from '../cases.ts';
import { encode } from '../oracle.ts';
import { bytesIn, slice, valuesIn } from '../plain.ts';
import { FOLDED } from '../stageCases.ts';
import type { StageCase } from '../stageDrive.ts';

type Call = Stages['encode'];

export const oracle: Call = async (x, type, out, count) => {
  const { bytes, ...notNumbers } = encode(valuesIn(x.region).slice(x.first, x.first + count), type);
  bytesIn(out).set(bytes);
  return notNumbers;
};

/** All values, and those from an offset on. */
const encoded = (x: Float32Array, type: FloatType): StageCase<Call> => {
  const count = x.length;
  const empty = (): Uint8Array => new Uint8Array(count * BYTES_PER_ELEMENT[type]);
  return {
    inputs: [x, empty(), empty()],
    call: async (encode, values, out, rest) => [
      await encode(slice(values), type, out, count),
      count > OFFSET && (await encode(slice(values, 'F32', OFFSET), type, rest, count - OFFSET)),
    ],
  };
};

export function* cases(): Generator<StageCase<Call>> {
  for (const type of TYPES) {
    for (const { kind, count, seed } of sizes()) yield encoded(raw(kind, count, seed), type);
    if (type !== 'F32') yield encoded(roundingCases(type), type);
  }
}

export function* folded(): Generator<StageCase<Call>> {
  for (const type of TYPES) yield encoded(raw('wide', FOLDED, 2), type);
}
