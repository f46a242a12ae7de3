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

function* everySpread(...rows: Parameters<typeof rowInputs>): Generator<StageCase<Call>> {
  let round = 0;
  for (const { inputs, shape } of rowInputs(...rows)) {
    const stream = streamOf(round);
    const index = [0, 5, 2 ** 33 + 3][round++ % 3] ?? 0;
    const spread = (low: number, high: number): readonly [number, number] => [
      Math.floor(low * 2 ** 32),
      Math.floor(((high - low) * 2 ** 32) / Math.max(shape.length, 1)),
    ];
    for (const [low, step] of [spread(0.2, 0.4), spread(0, 0.999), spread(0.5, 0.5), [0, 0]] as const) {
      for (const rescale of [true, false]) {
        yield {
          inputs,
          call: (rankDrop, region) => rankDrop({ region, ...shape }, low, step, rescale, stream, index),
        };
      }
    }
  }
}

export function* cases(): Generator<StageCase<Call>> {
  yield* everySpread();
  yield* everySpread([{ first: 2, rows: 1, length: 65_537 }], ['coarse', 'weights']);
}

export const folded = (): Iterable<StageCase<Call>> => everySpread([MANY_ROWS], ['wide']);
