/** All steps of all groups in the order in which bytes are best spent, with running totals: shared by all budgets. */
import { frontierOf, type Frontier } from './frontier.ts';
import type { Group, RatePoint } from './model.ts';
import { descending } from './order.ts';
import { Rows } from './rows.ts';

export interface Prepared {
  readonly groups: readonly Group[];
  readonly frontiers: readonly Frontier[];
  /** The group that each step belongs to, most gain per byte first; the steps of a group in order. */
  readonly owners: Uint32Array;
  /** Total bytes after 0, 1, … all steps. */
  readonly bytes: Float64Array;
  /** Total weighted error after the same number of steps. */
  readonly error: Float64Array;
  /** Every group at its cheapest: no budget below these bytes can be met. */
  readonly smallest: RatePoint;
  /** Every group at its best: no error below this can be reached. */
  readonly largest: RatePoint;
}

/**
 * Hulls, sorted steps and running totals, once for any number of budgets.
 * @throws AllocationError when a value is not valid, or limits leave a slot without a choice
 */
export function prepare(groups: readonly Group[]): Prepared {
  const rows = roomFor(groups);
  return assemble(
    groups,
    groups.map(group => frontierOf(group, rows)),
  );
}

/** Some groups changed (pins, limits, sensitivities): only their frontiers are rebuilt. `prepared` is not modified. */
export function update(prepared: Prepared, changes: ReadonlyMap<number, Group>): Prepared {
  const groups = [...prepared.groups];
  const frontiers = [...prepared.frontiers];
  const rows = roomFor([...changes.values()]);
  for (const [g, group] of changes) {
    groups[g] = group;
    frontiers[g] = frontierOf(group, rows);
  }
  return assemble(groups, frontiers);
}

/** A table for fronts and curves: each has about one row per choice. */
function roomFor(groups: readonly Group[]): Rows {
  let choices = 0;
  for (const { offsets } of groups)
    for (const offset of offsets) for (const list of offset.choices) choices += list.length;
  return new Rows(2 * choices);
}

function assemble(groups: readonly Group[], frontiers: readonly Frontier[]): Prepared {
  const count = frontiers.reduce((sum, { from, to }) => sum + to - from - 1, 0);
  const unsorted = stepsOf(frontiers, count);
  const order = descending(unsorted.slopes);
  const smallest = sumOf(frontiers, ({ from }) => from);
  const largest = sumOf(frontiers, ({ to }) => to - 1);

  const owners = new Uint32Array(count);
  const bytes = new Float64Array(count + 1);
  const error = new Float64Array(count + 1);
  bytes[0] = smallest.bytes;
  for (let k = 0; k < count; k++) {
    const step = order[k] as number;
    owners[k] = unsorted.owners[step] as number;
    bytes[k + 1] = (bytes[k] as number) + (unsorted.bytes[step] as number);
  }
  // From the end, where errors are small: subtracting from the large ones would leave rounding errors.
  error[count] = largest.error;
  for (let k = count - 1; k >= 0; k--) {
    error[k] = (error[k + 1] as number) + (unsorted.gains[order[k] as number] as number);
  }
  return { groups, frontiers, owners, bytes, error, smallest, largest };
}

/** Every step of every frontier, group by group. */
function stepsOf(frontiers: readonly Frontier[], count: number) {
  const owners = new Uint32Array(count);
  const slopes = new Float64Array(count);
  const bytes = new Float64Array(count);
  const gains = new Float64Array(count);
  let step = 0;
  for (let g = 0; g < frontiers.length; g++) {
    const { rows, from, to } = frontiers[g] as Frontier;
    let slope = Infinity;
    for (let row = from + 1; row < to; row++, step++) {
      const more = (rows.bytes[row] as number) - (rows.bytes[row - 1] as number);
      const gain = (rows.error[row - 1] as number) - (rows.error[row] as number);
      // Even if rounding makes a later step look slightly better, it has to wait for the one before it.
      slope = Math.min(slope, gain / more);
      owners[step] = g;
      slopes[step] = slope;
      bytes[step] = more;
      gains[step] = gain;
    }
  }
  return { owners, slopes, bytes, gains };
}

/** Totals with every group at some row of its frontier. */
function sumOf(frontiers: readonly Frontier[], rowOf: (frontier: Frontier) => number): RatePoint {
  let [bytes, error] = [0, 0];
  for (const frontier of frontiers) {
    const row = rowOf(frontier);
    bytes += frontier.rows.bytes[row] as number;
    error += frontier.rows.error[row] as number;
  }
  return { bytes, error };
}

/**
 * The rate–distortion curve: at most `count` points, evenly spaced in bytes, first and last included. Between two steps
 * of the curve, allocations are above its chord by less than one step.
 */
export function curve({ bytes, error }: Prepared, count: number): RatePoint[] {
  const last = bytes.length - 1;
  const [from, to] = [bytes[0] as number, bytes[last] as number];
  const points: RatePoint[] = [];
  let seen = -1;
  for (let i = 0; i < count; i++) {
    const k = i === count - 1 ? last : lastAtMost(bytes, from + ((to - from) * i) / (count - 1));
    if (k > seen) points.push({ bytes: bytes[k] as number, error: error[k] as number });
    seen = k;
  }
  return points;
}

/** The last position in rising `values` whose value is at most `limit`; −1 if there is none. */
export function lastAtMost(values: Float64Array, limit: number): number {
  let [low, high] = [-1, values.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((values[middle] as number) <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}
