import { describe, expect, test } from 'vitest';
import {
  alone,
  allocate,
  allocateForError,
  curve,
  prepare,
  solve,
  update,
  type Choice,
  type Group,
} from '../../../../extension/shared/allocation/index.ts';
import type { Limits } from '../../../../extension/shared/allocation/model.ts';
import { generator, LARGEST_CHOICE, randomPlain, randomShared } from './cases.ts';

const choices = (...pairs: [bytes: number, error: number][]): Choice[] =>
  pairs.map(([bytes, error], codec) => ({ codec, bytes, error }));

const codecs = (groups: readonly Group[], budget: number) => {
  const allocation = allocate(groups, budget);
  return groups.map((_, g) => allocation.chosen(g).offsets.map(({ codec }) => codec));
};

describe('worked by hand', () => {
  const first = choices([1, 16], [2, 4], [3, 1]);
  const second = choices([10, 100], [20, 10], [30, 0]);

  test('bytes go where they save most error each', () => {
    const groups = [alone('a', first), alone('b', second)];
    // gains per byte: a 12, then 3; b 9, then 1
    expect(codecs(groups, 11)).toEqual([[0], [0]]);
    expect(codecs(groups, 12)).toEqual([[1], [0]]);
    expect(codecs(groups, 22)).toEqual([[1], [1]]);
    expect(codecs(groups, 23)).toEqual([[2], [1]]);
    expect(codecs(groups, 33)).toEqual([[2], [2]]);
    expect(allocate(groups, 22)).toMatchObject({ bytes: 22, error: 14, slope: 3 });
  });
  test('what is left over goes to smaller steps further down', () => {
    const groups = [alone('a', first), alone('b', second)];
    expect(codecs(groups, 14)).toEqual([[2], [0]]);
    expect(allocate(groups, 21)).toMatchObject({ bytes: 13, error: 101, slope: 9 });
  });
  test('and to choices off the hull', () => {
    const groups = [alone('a', choices([0, 10], [4, 9], [10, 0]))];
    expect(codecs(groups, 7)).toEqual([[1]]);
    expect(codecs(groups, 10)).toEqual([[2]]);
  });
  test('sensitivity turns the order around', () => {
    const groups = [alone('a', first, { weight: 0.1 }), alone('b', second)];
    expect(codecs(groups, 21)).toEqual([[0], [1]]);
    expect(allocate(groups, 21).error).toBeCloseTo(11.6, 12);
  });
  test('of equal gains the earlier group comes first', () => {
    const groups = [alone('a', first), alone('b', first), alone('c', first)];
    expect(codecs(groups, 5)).toEqual([[1], [1], [0]]);
  });
  test('an error is met with the fewest bytes', () => {
    const groups = [alone('a', first), alone('b', second)];
    expect(allocateForError(groups, 14)).toMatchObject({ bytes: 22, error: 14 });
    expect(allocateForError(groups, 13)).toMatchObject({ bytes: 23, error: 11 });
    // the step of b overshoots far enough for a to fall back
    expect(allocateForError(groups, 30)).toMatchObject({ bytes: 21, error: 26 });
  });
  test('nothing to decide costs nothing', () => {
    expect(allocate([], 0)).toMatchObject({ bytes: 0, error: 0, slope: 0 });
    expect(allocateForError([], 0).bytes).toBe(0);
    expect(curve(prepare([]), 5)).toEqual([{ bytes: 0, error: 0 }]);
  });
});

describe('a shared base', () => {
  /** A better base leaves smaller offsets in every task. */
  const withTasks = (tasks: number): Group => ({
    name: 'w',
    base: { choices: choices([0, 0], [10, 0]) },
    offsets: Array.from({ length: tasks }, () => ({
      choices: [choices([0, 8], [10, 4]), choices([0, 3], [10, 1])],
    })),
  });
  const baseOf = (group: Group, budget: number) => allocate([group], budget).chosen(0);

  test('is paid once and counts for every task: the more tasks, the sooner', () => {
    // one task, 10 bytes: base 8 → 3 against offset 8 → 4
    expect(baseOf(withTasks(1), 10)).toMatchObject({ base: { codec: 1 }, offsets: [{ codec: 0 }] });
    expect(allocate([withTasks(8)], 10)).toMatchObject({ bytes: 10, error: 24 });
    expect(allocate([withTasks(8)], 30)).toMatchObject({ bytes: 30, error: 20 });
  });
  test('error that only the base sees counts with the weight of the base', () => {
    const group: Group = {
      name: 'w',
      base: { choices: choices([0, 5], [10, 1]), weight: 8 },
      offsets: [{ choices: [choices([0, 2]), choices([0, 2])] }],
    };
    expect(allocate([group], 0).error).toBe(42);
    expect(allocate([group], 10)).toMatchObject({ bytes: 10, error: 10, slope: 0 });
  });
  test('a base choice under which an offset has no codec left is not taken', () => {
    const { offsets, ...group } = withTasks(1);
    const pinned = offsets.map(offset => ({
      choices: [choices([0, 8], [10, 4]), choices([0, 3])],
      limits: { pinned: 1 },
      weight: offset.weight,
    }));
    expect(baseOf({ ...group, offsets: pinned }, 100)).toMatchObject({
      base: { codec: 0 },
      offsets: [{ codec: 1 }],
    });
  });
});

describe('limits', () => {
  const limited = (limits: Limits) => [
    alone('a', choices([1, 16], [2, 4], [3, 1], [4, 0]), { limits }),
    alone('b', choices([1, 16], [2, 4], [3, 1], [4, 0])),
  ];
  test.each([
    [{ pinned: 0 }, 100, [[0], [3]]],
    [{ pinned: 3 }, 5, [[3], [0]]],
    [{ min: 2 }, 4, [[2], [0]]],
    [{ max: 1 }, 100, [[1], [3]]],
    [{ min: 1, max: 2 }, 3, [[1], [0]]],
    [{ min: 1, max: 2 }, 100, [[2], [3]]],
    [{ max: 1, pinned: 2 }, 100, [[2], [3]]],
  ])('%j with %d bytes', (limits, budget, expected) =>
    expect(codecs(limited(limits), budget)).toEqual(expected),
  );

  test('raise the smallest size, which the error names', () => {
    expect(() => allocate(limited({ pinned: 3 }), 4)).toThrow(
      expect.objectContaining({
        name: 'BudgetTooSmall',
        smallest: 5,
        message: 'a budget of 4 B is too small: the smallest possible size is 5 B',
      }),
    );
    expect(() => allocateForError(limited({ max: 1 }), 3)).toThrow(
      expect.objectContaining({
        name: 'ErrorTooLow',
        lowest: 4,
        message: 'an error of 3 cannot be reached: the lowest possible error is 4',
      }),
    );
  });
  test('that leave nothing are an error naming the tensor', () => {
    expect(() => prepare(limited({ pinned: 9 }))).toThrow('a: its limits leave no codec to choose');
    expect(() => prepare(limited({ min: 3, max: 1 }))).toThrow('a: its limits');
  });
});

test.each([
  [{ bytes: -1 }, 'x: codec 0 has -1 bytes'],
  [{ bytes: 1.5 }, 'x: codec 0 has 1.5 bytes'],
  [{ error: NaN }, 'an error of NaN'],
  [{ error: -2 }, 'an error of -2'],
  [{ error: Infinity }, 'an error of Infinity'],
])('a choice with %j is refused', (change, message) => {
  expect(() => prepare([alone('x', [{ codec: 0, bytes: 1, error: 1, ...change }])])).toThrow(message);
});

test.each([-1, NaN, Infinity])('a sensitivity of %d is refused', weight => {
  expect(() => prepare([alone('x', choices([1, 1]), { weight })])).toThrow('x: a sensitivity must be');
});

describe('many tensors', () => {
  const random = generator(1);
  const groups = [...randomPlain(random, 400), ...randomShared(random, 40)];
  const prepared = prepare(groups);
  const { smallest, largest } = prepared;
  const budgets = Array.from({ length: 50 }, (_, i) =>
    Math.round(smallest.bytes + ((largest.bytes - smallest.bytes) * i) / 49),
  );

  test('little is left over, and no other choice of anything would use it', () => {
    for (const budget of budgets) {
      const allocation = solve(prepared, budget);
      const left = budget - allocation.bytes;
      expect(left).toBeGreaterThanOrEqual(0);
      if (allocation.slope > 0) expect(left).toBeLessThan(LARGEST_CHOICE);
      const missed = groups.flatMap(({ base, offsets }, g) => {
        const chosen = allocation.chosen(g);
        const given = base ? base.choices.indexOf(chosen.base!) : 0;
        return offsets.flatMap(({ choices, weight }, o) => {
          const { bytes, error } = chosen.offsets[o]!;
          return choices[given]!.filter(
            other => weight !== 0 && other.error < error && other.bytes - bytes <= left,
          );
        });
      });
      expect(missed).toEqual([]);
    }
  });
  test('more bytes never make it worse than the steps alone', () => {
    for (const budget of budgets) {
      const steps = prepared.bytes.findLastIndex(total => total <= budget);
      expect(solve(prepared, budget).error).toBeLessThanOrEqual(prepared.error[steps]! + 1e-9);
    }
  });
  test('the same comes out every time', () => {
    const again = prepare(structuredClone(groups));
    for (const budget of budgets) {
      const [one, two] = [solve(prepared, budget), solve(again, budget)];
      expect(groups.map((_, g) => one.chosen(g))).toEqual(groups.map((_, g) => two.chosen(g)));
      expect([one.bytes, one.error, one.slope]).toEqual([two.bytes, two.error, two.slope]);
    }
  });
  test('an update equals preparing anew, and leaves the old as it was', () => {
    const before = solve(prepared, budgets[20]!).error;
    const changes = new Map(
      [3, 77, 401, 420].map(g => {
        const group = groups[g]!;
        return [g, { ...group, offsets: group.offsets.map(offset => ({ ...offset, weight: 3 })) }];
      }),
    );
    const updated = update(prepared, changes);
    const anew = prepare(groups.map((group, g) => changes.get(g) ?? group));
    for (const budget of budgets.slice(5))
      expect(solve(updated, budget).error).toBe(solve(anew, budget).error);
    expect(updated.groups[77]).toBe(changes.get(77));
    expect(solve(prepared, budgets[20]!).error).toBe(before);
  });
  test('the curve falls, is convex, and has both ends', () => {
    const points = curve(prepared, 60);
    expect(points.length).toBeLessThanOrEqual(60);
    expect(points.length).toBeGreaterThan(40);
    expect(points[0]).toEqual({ bytes: smallest.bytes, error: expect.closeTo(smallest.error, 6) as number });
    expect(points.at(-1)).toEqual(largest);
    let slope = Infinity;
    for (const [i, to] of points.slice(1).entries()) {
      const from = points[i]!;
      const next = (from.error - to.error) / (to.bytes - from.bytes);
      expect(next).toBeGreaterThan(0);
      expect(next).toBeLessThanOrEqual(slope + 1e-9);
      slope = next;
    }
  });
});
