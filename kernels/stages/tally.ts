/** Stages that count values: two counts per call, summed from what `each` of their shader returns. */
import common from '../shared/common.wgsl';
import tally from '../shared/tally.wgsl';
import type { Binding, Work } from './stage.ts';
import { countsIn, tilesOf } from './windows.ts';

/** Prepended to their shaders. */
export const TALLY = common + tally;

const BYTES = 8;

/** The work of such a stage: `bindings` follow the counts, `params` the number of its steps. */
export const tallyOf = <Result>(
  count: number,
  bindings: readonly Binding[],
  { constants, params = [] }: Partial<Pick<Work<Result>, 'constants' | 'params'>>,
  result: (first: number, second: number) => Result,
): Work<Result> => ({
  constants,
  params: [count, ...params],
  bindings: [{ memory: 'results', bytes: BYTES }, ...bindings],
  groups: tilesOf(count),
  found: { bytes: BYTES, cleared: true },
  result: found => {
    const [first = 0, second = 0] = countsIn(found);
    return result(first, second);
  },
});
