/** Oracle and cases of code_counts. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { CODE_COUNTS, CODE_KINDS, codesOf } from '../codecCases.ts';
import { codeCounts } from '../codecOracle.ts';
import { bytesIn } from '../plain.ts';
import type { StageCase } from '../stageDrive.ts';

type Call = Stages['codeCounts'];

export const oracle: Call = async (codes, first, count) =>
  codeCounts(bytesIn(codes).subarray(first, first + count));

export function* cases(): Generator<StageCase<Call>> {
  for (const kind of CODE_KINDS) {
    for (const count of CODE_COUNTS) {
      for (const first of [0, 3, 256, 1001]) {
        const inputs = [codesOf(kind, first + count, count)];
        yield { inputs, call: (codeCounts, codes) => codeCounts(codes, first, count) };
      }
    }
  }
}

export const folded = cases;
