/** Oracle and cases of rans_decode; more of them, including damaged ones, are in entropy.test.ts. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { codesOf } from '../codecCases.ts';
import { codeCounts, decodeStreams, encodeStreams } from '../codecOracle.ts';
import { frequenciesOf } from '../../../kernels/entropy.ts';
import { parsePayloadHead } from '../../../kernels/payload.ts';
import { bytesIn } from '../plain.ts';
import type { StageCase } from '../stageDrive.ts';

type Call = Stages['ransDecode'];

export const oracle: Call = async (payload, { frequencies, offsets }, codes, firstStream, count, at = 0) => {
  const streams = Array.from(offsets.subarray(firstStream));
  bytesIn(codes).set(decodeStreams(bytesIn(payload), streams, frequencies, count), at);
};

export function* cases(): Generator<StageCase<Call>> {
  for (const kind of ['normal', 'skewed'] as const) {
    for (const count of [5, 8193, 20_003]) {
      const codes = codesOf(kind, count, count);
      const payload = encodeStreams(codes, frequenciesOf(codeCounts(codes)));
      const head = parsePayloadHead(payload, count);
      yield {
        inputs: [payload, new Uint8Array(8192 + Math.ceil(count / 4) * 4)],
        call: (ransDecode, words, out) => ransDecode(words, head, out, 0, count, 8192),
      };
    }
  }
}

export const folded = cases;
