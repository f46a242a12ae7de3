/** Stages whose invocations take one value of each region at a time. */
import type { Region } from '../memory.ts';
import common from '../shared/common.wgsl';
import each from '../shared/each.wgsl';
import type { Binding, Work } from './stage.ts';
import { done, tilesOf, values } from './windows.ts';

/** Prepended to their shaders. */
export const EACH = common + each;

/** Parameters after the count, and constants. */
interface Values {
  readonly constants?: Work<void>['constants'];
  readonly params?: Iterable<number>;
}

/** The work of a stage with `count` values of each region. */
export const eachOf = (count: number, regions: readonly Region[], more: Values = {}): Work<void> =>
  eachIn(
    count,
    regions.map(region => values(region, count)),
    more,
  );

/** The same for other kinds of windows. */
export const eachIn = (
  count: number,
  bindings: readonly Binding[],
  { constants, params = [], table }: Values & Pick<Work<void>, 'table'> = {},
): Work<void> => ({
  constants,
  params: [count, ...params],
  bindings,
  groups: tilesOf(count),
  table,
  result: done,
});
