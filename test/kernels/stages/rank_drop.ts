/** Oracle and cases of rank_drop. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { divide, multiply } from '../oracle.ts';
import { at, eachRow, valuesIn, wordOf } from '../plain.ts';
import { MANY_ROWS, rowInputs, streamOf } from '../rowCases.ts';
import type { StageCase } from '../stageDrive.ts';

type Call = Stages['rankDrop'];

export const oracle: Call = async (x, low, step, rescale, stream, index) => {
  const values = valuesIn(x.region);
  eachRow(x, order =>
    order.forEach((i, rank) => {
      const keep = low + rank * step;
      const kept = wordOf(stream, index + i - x.first) < keep ? at(x.region, i) : 0;
      values[i] = kept !== 0 && rescale ? multiply(kept, divide(2 ** 32, Math.fround(keep))) : kept;
    }),
  );
};

/** Chances of being kept, of the smallest and of the largest magnitude of a row. */
const SPREADS = [
  [0.2, 0.4],
  [0, 0.999],
  [0.5, 0.5],
  [0, 0],
] as const;

function* everySpread(
  spreads: typeof SPREADS | readonly [(typeof SPREADS)[0]],
  ...rows: Parameters<typeof rowInputs>
): Generator<StageCase<Call>> {
  let round = 0;
  for (const { inputs, shape } of rowInputs(...rows)) {
    const stream = streamOf(round);
    const index = [0, 5, 2 ** 33 + 3][round++ % 3] ?? 0;
    for (const [i, [least, most]] of spreads.entries()) {
      const low = Math.floor(least * 2 ** 32);
      const step = Math.floor(((most - least) * 2 ** 32) / Math.max(shape.length, 1));
      // Each spread is met with rescaling and without it, in one round or the next.
      const rescale = (round + i) % 2 === 0;
      yield {
        inputs,
        call: (rankDrop, region) => rankDrop({ region, ...shape }, low, step, rescale, stream, index),
      };
    }
  }
}

export function* cases(): Generator<StageCase<Call>> {
  yield* everySpread(SPREADS);
  yield* everySpread([SPREADS[0]], [{ first: 2, rows: 1, length: 65_537 }], ['coarse', 'weights']);
}

export const folded = (): Iterable<StageCase<Call>> => everySpread(SPREADS, [MANY_ROWS], ['wide']);
