import { AllocationError } from './errors.ts';
import { convexHull } from './hull.ts';
import { admittedBases, pushFront } from './menu.ts';
import { choicesGiven, type Base, type Choice, type Group, type RatePoint } from './model.ts';
import type { Rows } from './rows.ts';

/** What all of a group's offsets can do together, given one choice of the base. */
interface Curve {
  /** Position in the base's choices; 0 without a base. */
  readonly base: number;
  /** First row of each offset's Pareto front, and the end of the last one's. */
  readonly fronts: readonly number[];
  /** Rows of the curve: every offset at its cheapest, then in each row one step of one offset (`slot`) to row `ref`. */
  readonly from: number;
  readonly to: number;
}

/** The best a group can do, as rows from `from` to `to`: bytes rise, weighted error and gain per byte fall. */
export interface Frontier {
  readonly rows: Rows;
  readonly from: number;
  readonly to: number;
  /** With several curves each row of the frontier names its curve (`slot`) and the row there (`ref`). */
  readonly curves: readonly Curve[];
}

/** One choice per slot. */
export interface Pick {
  readonly curve: Curve;
  /** The row of each offset's choice. */
  readonly offsets: readonly number[];
}

/**
 * Given a choice of the base, offsets are independent, so the lower hull of their sums is the Minkowski sum of their
 * hulls: all steps sorted by gain per byte. The frontier is the lower hull over the curves of all base choices. A base
 * byte is thus weighed against what it saves in every task that shares it.
 * @throws AllocationError when a value is not valid, or limits leave a slot without a choice
 */
export function frontierOf(group: Group, rows: Rows): Frontier {
  const curves: Curve[] = [];
  for (const base of group.base ? admittedBases(group.name, group.base) : [0]) {
    const curve = curveOf(group, base, rows);
    if (curve) curves.push(curve);
  }
  const [first] = curves;
  if (!first) {
    throw new AllocationError(`${group.name}: its limits leave no codec to choose; loosen or remove the pin`);
  }
  if (curves.length === 1) return { rows, from: first.from, to: first.to, curves };

  const start = rows.length;
  curves.forEach(({ from, to }, c) => {
    for (let row = from; row < to; row++) {
      rows.push(rows.bytes[row] as number, rows.error[row] as number, c, row);
    }
  });
  rows.keepFront(start);
  rows.keepHull(start);
  return { rows, from: start, to: rows.length, curves };
}

/** Steps of offsets along their hulls, in columns. */
interface Steps {
  /** Rows of the offset's front. */
  readonly from: number[];
  readonly to: number[];
  /** Weighted error saved per byte, never more than by the offset's previous step. */
  readonly slope: number[];
}

/** @returns undefined if an offset's limits allow nothing with this choice of the base */
function curveOf({ name, base, offsets }: Group, chosen: number, rows: Rows): Curve | undefined {
  const fronts = [rows.length];
  const steps: Steps = { from: [], to: [], slope: [] };
  let { bytes, error } = base ? weighted(base, chosen) : { bytes: 0, error: 0 };
  for (let offset = 0; offset < offsets.length; offset++) {
    const slot = offsets[offset] as Group['offsets'][number];
    const start = rows.length;
    if (!pushFront(rows, name, offset, slot, choicesGiven(slot, chosen))) return undefined;
    fronts.push(rows.length);
    addSteps(steps, rows, start);
    bytes += rows.bytes[start] as number;
    error += rows.error[rows.length - 1] as number;
  }

  const from = rows.length;
  const order = steps.to.map((_, step) => step);
  // Stable: among equal steps the earlier offset's comes first, and those of one offset stay in order.
  if (offsets.length > 1) order.sort((a, b) => (steps.slope[b] as number) - (steps.slope[a] as number));
  rows.push(bytes, 0, 0, 0);
  for (const step of order) {
    const [less, more] = [steps.from[step] as number, steps.to[step] as number];
    bytes += (rows.bytes[more] as number) - (rows.bytes[less] as number);
    rows.push(bytes, 0, rows.slot[more] as number, more);
  }
  // Errors are summed from the end: subtracting from the start would lose small ones to rounding.
  rows.error[rows.length - 1] = error;
  for (let i = order.length - 1; i >= 0; i--) {
    const step = order[i] as number;
    error +=
      (rows.error[steps.from[step] as number] as number) - (rows.error[steps.to[step] as number] as number);
    rows.error[from + i] = error;
  }
  return { base: chosen, fronts, from, to: rows.length };
}

function weighted({ choices, weight = 1 }: Base, position: number) {
  const { bytes, error } = choices[position] as Choice;
  return { bytes, error: weight * error };
}

/** The steps along the hull of an offset's front, which begins at row `start` and ends the table. */
function addSteps({ from, to, slope }: Steps, rows: Rows, start: number): void {
  const { bytes, error } = rows;
  const hull = convexHull(rows, start, rows.length);
  let least = Infinity;
  for (let i = 1; i < hull.length; i++) {
    const [less, more] = [hull[i - 1] as number, hull[i] as number];
    const gain = (error[less] as number) - (error[more] as number);
    least = Math.min(least, gain / ((bytes[more] as number) - (bytes[less] as number)));
    from.push(less);
    to.push(more);
    slope.push(least);
  }
}

/** Totals of a point of a frontier. */
export const pointAt = ({ rows, from }: Frontier, point: number): RatePoint => ({
  bytes: rows.bytes[from + point] as number,
  error: rows.error[from + point] as number,
});

/** What a point of a frontier stands for. */
export function pickAt({ rows, from, curves }: Frontier, point: number): Pick {
  const at = from + point;
  const single = curves.length === 1;
  const curve = curves[single ? 0 : (rows.slot[at] as number)] as Curve;
  const end = single ? at : (rows.ref[at] as number);
  const offsets = curve.fronts.slice(0, -1);
  // The last step of each offset counts; with a single offset, that is the point itself.
  const first = offsets.length === 1 ? Math.max(end, curve.from + 1) : curve.from + 1;
  for (let row = first; row <= end; row++) offsets[rows.slot[row] as number] = rows.ref[row] as number;
  return { curve, offsets };
}
