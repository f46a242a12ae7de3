/** The greedy allocation against the exact optimum, found by dynamic programming over every combination. */
import { describe, expect, test } from 'vitest';
import {
  BudgetTooSmall,
  ErrorTooLow,
  prepare,
  solve,
  solveForError,
  type Allocation,
  type Group,
  type Prepared,
} from '../../../../extension/shared/allocation/index.ts';
import { generator, leastErrors, randomPlain, randomShared } from './cases.ts';

const CASES = 300;
/** Tolerance for sums in another order. */
const ROUNDING = 1e-9;

/** The total of an allocation, summed from its choices. */
function chosenTotal(groups: readonly Group[], allocation: Allocation) {
  let [bytes, error] = [0, 0];
  for (const [g, { base, offsets }] of groups.entries()) {
    const chosen = allocation.chosen(g);
    expect(chosen.base === undefined).toBe(base === undefined);
    const b = base ? base.choices.indexOf(chosen.base!) : 0;
    bytes += chosen.base?.bytes ?? 0;
    error += (base?.weight ?? 1) * (chosen.base?.error ?? 0);
    for (const [o, offset] of offsets.entries()) {
      expect(offset.choices[b]).toContain(chosen.offsets[o]);
      bytes += chosen.offsets[o]!.bytes;
      error += (offset.weight ?? 1) * chosen.offsets[o]!.error;
    }
  }
  return { bytes, error };
}

/** What the step across a budget saves. */
function gainAcross({ bytes, error }: Prepared, budget: number): number {
  const k = bytes.findLastIndex(total => total <= budget);
  return k + 1 < error.length ? error[k]! - error[k + 1]! : 0;
}

/** What the step across an error costs. */
function bytesAcross({ bytes, error }: Prepared, target: number): number {
  const k = error.findIndex(total => total <= target);
  return k > 0 ? bytes[k]! - bytes[k - 1]! : 0;
}

describe.each([
  ['plain', (random: () => number) => randomPlain(random, 1 + Math.floor(7 * random()))],
  ['with shared bases', (random: () => number) => randomShared(random, 1 + Math.floor(3 * random()))],
])('%s groups', (_, make) => {
  test('a budget is met within one step of the optimum, and never exceeded', () => {
    for (let seed = 0; seed < CASES; seed++) {
      const random = generator(seed);
      const groups = make(random);
      const exact = leastErrors(groups);
      const prepared = prepare(groups);
      expect(prepared.smallest.bytes).toBe(exact.findIndex(Number.isFinite));
      for (let i = 0; i < 3; i++) {
        const budget =
          prepared.smallest.bytes + Math.floor(random() * 1.1 * (exact.length - prepared.smallest.bytes));
        const optimum = Math.min(...exact.slice(0, budget + 1));
        const found = solve(prepared, budget);
        expect(found.bytes).toBeLessThanOrEqual(budget);
        expect(found.error).toBeGreaterThanOrEqual(optimum - ROUNDING);
        expect(found.error).toBeLessThanOrEqual(optimum + gainAcross(prepared, budget) + ROUNDING);
        const total = chosenTotal(groups, found);
        expect(total.bytes).toBe(found.bytes);
        expect(total.error).toBeCloseTo(found.error, 9);
      }
    }
  });

  test('an error is met within one step of the fewest bytes', () => {
    for (let seed = 0; seed < CASES; seed++) {
      const random = generator(seed);
      const groups = make(random);
      const exact = leastErrors(groups);
      const prepared = prepare(groups);
      const { smallest, largest } = prepared;
      expect(largest.error).toBeCloseTo(Math.min(...exact), 9);
      for (let i = 0; i < 3; i++) {
        const target = largest.error + random() * 1.1 * (smallest.error - largest.error);
        const found = solveForError(prepared, target);
        const fewest = exact.findIndex(error => error <= target + ROUNDING);
        expect(found.error).toBeLessThanOrEqual(target);
        expect(found.bytes).toBeGreaterThanOrEqual(fewest);
        expect(found.bytes).toBeLessThanOrEqual(fewest + bytesAcross(prepared, target));
        expect(chosenTotal(groups, found).bytes).toBe(found.bytes);
      }
    }
  });

  test('the ends of the range', () => {
    const groups = make(generator(11));
    const prepared = prepare(groups);
    const { smallest, largest } = prepared;
    expect(solve(prepared, smallest.bytes).bytes).toBe(smallest.bytes);
    expect(solve(prepared, Infinity)).toMatchObject({ ...largest, slope: 0 });
    expect(() => solve(prepared, smallest.bytes - 1)).toThrow(BudgetTooSmall);
    expect(() => solve(prepared, NaN)).toThrow(BudgetTooSmall);
    expect(solveForError(prepared, Infinity).bytes).toBe(smallest.bytes);
    expect(solveForError(prepared, largest.error).error).toBe(largest.error);
    expect(() => solveForError(prepared, -1)).toThrow(ErrorTooLow);
  });
});
