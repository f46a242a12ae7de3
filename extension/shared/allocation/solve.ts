/** One allocation: for a budget the least error, or for an error the fewest bytes. */
import { BudgetTooSmall, ErrorTooLow } from './errors.ts';
import { pickAt, pointAt, type Frontier } from './frontier.ts';
import { choicesGiven, type Choice, type Group, type RatePoint } from './model.ts';
import { lastAtMost, prepare, type Prepared } from './prepare.ts';
import { spend, type State } from './spend.ts';

/** What a group got: the very objects in its lists. */
export interface Chosen {
  /** Undefined if the group has no base. */
  readonly base: Choice | undefined;
  /** In the order of the group's offsets. */
  readonly offsets: readonly Choice[];
}

export interface Allocation extends RatePoint {
  /** λ: weighted error saved per byte by the step at the edge; 0 when every group has its best choice. */
  readonly slope: number;
  /** @param group position in the list of groups */
  chosen(group: number): Chosen;
}

/** Sums over all tensors of a model may differ by this much when added in another order. */
const ROUNDING = 1e-11;

/**
 * min Σ weight · error subject to Σ bytes ≤ budget: all steps of the hulls by gain per byte while they fit (optimal for
 * their total: Fox 1966; Shoham and Gersho 1988), then a greedy fill of the rest. The error is at most one step's gain
 * above the optimum, and no single move that still fits would reduce it.
 * @throws BudgetTooSmall
 */
export function solve(prepared: Prepared, budget: number): Allocation {
  const { bytes, smallest } = prepared;
  if (!(budget >= smallest.bytes)) throw new BudgetTooSmall(budget, smallest.bytes);
  const steps = lastAtMost(bytes, budget);
  const points = pointsAfter(prepared, steps);
  const moved = spend(prepared.frontiers, points, budget - (bytes[steps] as number), 'bytes');
  return allocation(prepared, points, moved, slopeOf(prepared, steps));
}

/**
 * min Σ bytes subject to Σ weight · error ≤ target: steps until the target is met, then any excess gain of the last
 * step is traded for bytes. At most one step's bytes above the optimum.
 * @param target total weighted error; for a relative error ε it is ε · Σ weight · energy
 * @throws ErrorTooLow
 */
export function solveForError(prepared: Prepared, target: number): Allocation {
  const { error, largest } = prepared;
  if (!(target >= largest.error)) throw new ErrorTooLow(target, largest.error);
  let steps = firstAtMost(error, target);
  let points = pointsAfter(prepared, steps);
  let reached = totals(prepared, points).error;
  // Running totals and this sum may differ in their last bits.
  while (reached > target) {
    points = pointsAfter(prepared, ++steps);
    reached = totals(prepared, points).error;
  }
  const moved = spend(prepared.frontiers, points, target * (1 - ROUNDING) - reached, 'error');
  return allocation(prepared, points, moved, slopeOf(prepared, Math.max(steps - 1, 0)));
}

/** `solve` for a single budget. */
export const allocate = (groups: readonly Group[], budget: number): Allocation =>
  solve(prepare(groups), budget);

/** `solveForError` for a single target. */
export const allocateForError = (groups: readonly Group[], target: number): Allocation =>
  solveForError(prepare(groups), target);

/** The position of each group on its frontier after this many steps. */
function pointsAfter({ owners, groups }: Prepared, steps: number): Uint32Array {
  const points = new Uint32Array(groups.length);
  for (let k = 0; k < steps; k++) (points[owners[k] as number] as number)++;
  return points;
}

/** Weighted error saved per byte by a step; 0 after the last. */
function slopeOf({ bytes, error }: Prepared, step: number): number {
  if (step >= bytes.length - 1) return 0;
  const difference = (values: Float64Array) => (values[step] ?? 0) - (values[step + 1] ?? 0);
  return -difference(error) / difference(bytes);
}

function totals({ frontiers }: Prepared, points: Uint32Array, moved?: ReadonlyMap<number, State>): RatePoint {
  let [bytes, error] = [0, 0];
  for (let g = 0; g < frontiers.length; g++) {
    const frontier = frontiers[g] as Frontier;
    const state = moved?.get(g) ?? pointAt(frontier, points[g] as number);
    bytes += state.bytes;
    error += state.error;
  }
  return { bytes, error };
}

const allocation = (
  prepared: Prepared,
  points: Uint32Array,
  moved: ReadonlyMap<number, State>,
  slope: number,
): Allocation => ({
  ...totals(prepared, points, moved),
  slope,
  chosen: g => {
    const { base, offsets } = prepared.groups[g] as Group;
    const frontier = prepared.frontiers[g] as Frontier;
    const { curve, offsets: rows } = moved.get(g)?.pick ?? pickAt(frontier, points[g] as number);
    return {
      base: base?.choices[curve.base],
      offsets: offsets.map((offset, o) => {
        const position = frontier.rows.ref[rows[o] as number] as number;
        return choicesGiven(offset, curve.base)[position] as Choice;
      }),
    };
  },
});

/** The first position in falling `values` whose value is at most `limit`. */
function firstAtMost(values: Float64Array, limit: number): number {
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] as number) <= limit) high = middle;
    else low = middle + 1;
  }
  return low;
}
