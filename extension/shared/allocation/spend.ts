/** The end of a budget: spends the remainder on moves too small or too irregular for the sorted steps. */
import { pickAt, pointAt, type Frontier, type Pick } from './frontier.ts';
import type { RatePoint } from './model.ts';

/** What is scarce: bytes, spent to save error; or error, accepted to save bytes. */
export type Currency = keyof RatePoint;

/** The current choice of a group. */
export interface State extends RatePoint {
  readonly pick: Pick;
}

interface Move {
  readonly to: State;
  readonly cost: number;
  /** Saved per unit of cost. */
  readonly worth: number;
}

/**
 * Greedy fill, in rounds: each group offers its best move that costs at most `room`, moves are made in order of worth
 * as long as they fit, and groups that offered one offer again, until none can. Moves may leave the hulls.
 * @param points each group's position on its frontier
 * @returns the groups that moved
 */
export function spend(
  frontiers: readonly Frontier[],
  points: Uint32Array,
  room: number,
  currency: Currency,
): Map<number, State> {
  const moved = new Map<number, State>();
  let open: Iterable<number> = frontiers.keys();
  if (room <= 0) return moved;
  for (;;) {
    const moves: (Move & { readonly group: number })[] = [];
    for (const group of open) {
      const frontier = frontiers[group] as Frontier;
      const state = moved.get(group) ?? stateAt(frontier, points[group] as number);
      const move = bestMove(frontier, state, room, currency);
      if (move) moves.push({ group, ...move });
    }
    if (moves.length === 0) return moved;
    open = moves.map(({ group }) => group);
    for (const { group, to, cost } of moves.sort((a, b) => b.worth - a.worth)) {
      if (cost > room) continue;
      room -= cost;
      moved.set(group, to);
    }
  }
}

/** The state of a group at a point of its frontier. */
export const stateAt = (frontier: Frontier, point: number): State => ({
  ...pointAt(frontier, point),
  pick: pickAt(frontier, point),
});

/** Moves one slot to another choice, on its hull or not; or, with a base, the group to another point of its frontier. */
function bestMove(frontier: Frontier, state: State, room: number, currency: Currency): Move | undefined {
  const { rows, from, to, curves } = frontier;
  const [scarce, plenty] = currency === 'bytes' ? [rows.bytes, rows.error] : [rows.error, rows.bytes];
  // Along a front, bytes are spent going up, error going down.
  const onward = currency === 'bytes' ? 1 : -1;
  const { curve, offsets } = state.pick;
  let worth = 0;
  let cost = 0;
  let slot = -1;
  let row = -1;
  for (let o = 0; o < offsets.length; o++) {
    const now = offsets[o] as number;
    const [first, end] = [curve.fronts[o] as number, curve.fronts[o + 1] as number];
    for (let other = now + onward; other >= first && other < end; other += onward) {
      const spent = (scarce[other] as number) - (scarce[now] as number);
      if (spent > room) break;
      const saved = (plenty[now] as number) - (plenty[other] as number);
      if (saved / spent > worth) [worth, cost, slot, row] = [saved / spent, spent, o, other];
    }
  }
  if (curves.length > 1) {
    const [has, lacks] = currency === 'bytes' ? [state.bytes, state.error] : [state.error, state.bytes];
    for (let leap = from; leap < to; leap++) {
      const spent = (scarce[leap] as number) - has;
      const saved = lacks - (plenty[leap] as number);
      if (spent > 0 && spent <= room && saved / spent > worth) {
        [worth, cost, slot, row] = [saved / spent, spent, -1, leap];
      }
    }
  }
  if (worth === 0) return undefined;
  if (slot < 0) return { to: stateAt(frontier, row - from), cost, worth };
  const now = offsets[slot] as number;
  const moved = {
    bytes: state.bytes + (rows.bytes[row] as number) - (rows.bytes[now] as number),
    error: state.error + (rows.error[row] as number) - (rows.error[now] as number),
    pick: { curve, offsets: offsets.map((position, o) => (o === slot ? row : position)) },
  };
  return { to: moved, cost, worth };
}
