/** Oracle and cases of row_band. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { at, eachRow, valuesIn } from '../plain.ts';
import { MANY_ROWS, rowInputs } from '../rowCases.ts';
import { CHUNK } from '../stageCases.ts';
import type { StageCase } from '../stageDrive.ts';

type Call = Stages['rowBand'];

export const oracle: Call = async (x, drop, keep) => {
  const values = valuesIn(x.region);
  eachRow(x, order => {
    // Equal magnitudes keep rising order when sorted by falling magnitude, so reversing the rows is not enough.
    const magnitudes = new Map(order.map(i => [i, Math.abs(at(x.region, i))]));
    const magnitude = (i: number): number => magnitudes.get(i) ?? NaN;
    const falling = [...order].sort((a, b) => magnitude(b) - magnitude(a) || a - b);
    falling.forEach((i, rank) => {
      values[i] = rank >= drop && rank < drop + keep ? at(x.region, i) : 0;
    });
  });
};

function* everyBand(...rows: Parameters<typeof rowInputs>): Generator<StageCase<Call>> {
  for (const { inputs, shape } of rowInputs(...rows)) {
    const { length } = shape;
    const tenth = Math.floor(length / 10);
    const bands = [
      [tenth, 3 * tenth + 1],
      [0, tenth],
      [1, length],
      [0, 0],
      [length, 5],
      [Math.floor(length / 2), 1],
    ] as const;
    for (const [drop, keep] of bands) {
      yield { inputs, call: (rowBand, region) => rowBand({ region, ...shape }, drop, keep) };
    }
  }
}

export function* cases(): Generator<StageCase<Call>> {
  yield* everyBand();
  const length = CHUNK + 3;
  for (const { inputs, shape } of rowInputs([{ first: 7, rows: 1, length }], ['weights']))
    yield { inputs, call: (rowBand, region) => rowBand({ region, ...shape }, 1000, Math.floor(length / 2)) };
}

export const folded = (): Iterable<StageCase<Call>> => everyBand([MANY_ROWS], ['coarse']);
