/** Oracle and cases of encode; more of them, in chunks, are in cpu.test.ts and webgpu.test.ts. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { BYTES_PER_ELEMENT } from '../../../kernels/memory.ts';
import { raw, roundingCases, TYPES } from '../cases.ts';
import { encode } from '../oracle.ts';
import { bytesIn, slice, valuesIn } from '../plain.ts';
import type { StageCase } from '../stageDrive.ts';

type Call = Stages['encode'];

export const oracle: Call = async (x, type, out, count) => {
  const { bytes, ...notNumbers } = encode(valuesIn(x.region).slice(x.first, x.first + count), type);
  bytesIn(out).set(bytes);
  return notNumbers;
};

export function* cases(): Generator<StageCase<Call>> {
  for (const type of TYPES) {
    const hard = type === 'F32' ? raw('wide', 2047, 1) : roundingCases(type);
    for (const x of [raw('special', 33, 2), raw('special', 8193, 3), hard]) {
      yield {
        inputs: [x, new Uint8Array(x.length * BYTES_PER_ELEMENT[type])],
        call: (encode, values, out) => encode(slice(values), type, out, x.length),
      };
    }
  }
}
