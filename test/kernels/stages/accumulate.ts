/** Oracle and cases of accumulate; more of them, in chunks, are in cpu.test.ts and webgpu.test.ts. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { stored, TYPES } from '../cases.ts';
import { add, decode, ftz } from '../oracle.ts';
import { assign, at, elementsIn, slice } from '../plain.ts';
import type { StageCase } from '../stageDrive.ts';

type Call = Stages['accumulate'];

export const oracle: Call = async (sum, tuned, first, count) => {
  const values = decode(elementsIn(tuned, count));
  assign(sum, count, i => (first ? ftz(values[i] ?? 0) : add(at(sum, i), values[i] ?? 0)));
};

export function* cases(): Generator<StageCase<Call>> {
  for (const [seed, type] of TYPES.entries()) {
    for (const count of [33, 2048, 8193]) {
      yield {
        inputs: [new Float32Array(count), ...[1, 2].map(i => stored(type, 'special', count, seed + i).bytes)],
        call: async (accumulate, sum, x, y) => {
          await accumulate(sum, slice(x, type), true, count);
          await accumulate(sum, slice(y, type), false, count);
        },
      };
    }
  }
}
