/** The Studio's model: what is shown is what the engine is asked for, and everything drawn adds up to it. */
import { describe, expect, test } from 'vitest';
import type { TensorRule } from '../../../extension/protocol/recipes.ts';
import type { BudgetRecipe } from '../../../extension/protocol/studio.ts';
import {
  EXACT,
  allocate,
  allocateForError,
  budgetBytes,
  groupsOf,
  measuresOf,
  parseBudget,
  weightsOf,
} from '../../../extension/shared/allocation/index.ts';
import { quantizeCommand } from '../../../extension/shared/commandLine.ts';
import { DEFAULT_PRESET, presetNamed } from '../../../extension/shared/presets.ts';
import { bitsPerWeight, writtenBudget } from '../../../webview/studio/model/budgetText.ts';
import { bitsByCell, slotsByTensor, totalsBy } from '../../../webview/studio/model/cells.ts';
import { csv } from '../../../extension/shared/csv.ts';
import { gridOf } from '../../../webview/studio/model/grid.ts';
import { History, onlyStep } from '../../../webview/studio/model/history.ts';
import { measuredError } from '../../../webview/studio/model/measured.ts';
import { describeWish, withWish } from '../../../webview/studio/model/rules.ts';
import { SlotRows } from '../../../webview/studio/model/slotRows.ts';
import { StudioModel } from '../../../webview/studio/model/studioModel.ts';
import { INITIAL_SPENDING, INITIAL_STATE } from '../../../webview/studio/studioState.ts';
import { tensorCurve } from '../../../webview/studio/model/tensorCurve.ts';
import { sampleTable } from '../../pages/harness/sampleTable.ts';

const table = sampleTable({ tensors: 44, tasks: 3, unit: 64 });
const INITIAL = { budget: '2bpw', measure: 'auto', rules: [] } as const;
const made = (budget = '2bpw', rules: readonly TensorRule[] = []) =>
  new StudioModel(table, onlyStep({ ...INITIAL, budget, rules }), INITIAL, () => undefined);

/** What the engine does with a recipe: the same functions, from scratch. */
function engines({ budget, sensitivity, rules }: BudgetRecipe) {
  const parsed = parseBudget(budget);
  const measures = measuresOf({ sensitivity }, parsed);
  const groups = groupsOf(table, measures, rules);
  if (parsed.kind !== 'error') return allocate(groups, budgetBytes(parsed, table));
  const weights = weightsOf(table, measures);
  const total = weights.reduce((sum, weight, slot) => sum + weight * (table.slots.energy[slot] as number), 0);
  return allocateForError(groups, parsed.relative * total);
}

const RULES: TensorRule[] = [
  { tensors: '*.k_proj.*', bits: 4 },
  { tensors: 'lm_head.weight', bits: 'exact' },
  { tensors: '*mlp*', task: 'dtd', bits: 'auto', min: 2.5 },
];

describe('what is shown is what the engine does', () => {
  test.each(['2bpw', '1.37bpw', '4%', '700kB', 'error=0.05', 'error=0.9999', 'error=0', '1B', '90%'])(
    '%s',
    budget => {
      for (const rules of [[], RULES]) {
        const { recipe, spent } = made(budget, rules);
        const allocation = engines(recipe);
        const { bytes } = allocation;
        expect(bytes).toBe(spent.bytes);
        const choices = Array.from(spent.choices, (_, slot) => allocation.chosen(slot).offsets[0]?.codec);
        expect(choices).toEqual(Array.from(spent.choices));
      }
    },
  );

  test('dragging, at every place, and after it rests', () => {
    const model = made();
    const { smallest, largest } = model.allocation.range;
    for (let i = 0; i <= 40; i++) {
      model.drag(smallest * (largest / smallest) ** (i / 40), 'drag');
      expect(engines(model.recipe).bytes).toBe(model.spent.bytes);
      const before = model.spent;
      model.settle();
      expect(model.spent.bytes).toBeGreaterThanOrEqual(before.bytes);
      expect(engines(model.recipe).bytes).toBe(model.spent.bytes);
    }
    model.undo();
    expect(model.spending.budget).toBe('2bpw');
  });

  test('after steps back and forward from where another model was left', () => {
    const left = made();
    for (const rules of [[RULES[0]], RULES] as TensorRule[][]) left.change({ rules });
    left.change({ budget: '1bpw' });
    left.undo();
    const model = new StudioModel(table, left.steps, INITIAL, () => undefined);
    expect(model.spending).toEqual({ ...INITIAL, rules: RULES });
    for (const step of [() => model.redo(), () => model.undo(), () => model.undo()]) {
      step();
      expect(engines(model.recipe).bytes).toBe(model.spent.bytes);
    }
    expect(model.spending.rules).toEqual([RULES[0]]);
    expect([model.canUndo, model.canRedo]).toEqual([true, true]);
  });

  test('after every step of a row of changes', () => {
    const model = made();
    for (const rules of [[RULES[0]], RULES, [], RULES.slice(1)] as TensorRule[][]) {
      model.change({ rules });
      expect(engines(model.recipe).bytes).toBe(model.spent.bytes);
    }
    for (const measure of ['depth', 'energy', 'auto'] as const) {
      model.change({ measure });
      expect(engines(model.recipe).bytes).toBe(model.spent.bytes);
    }
  });

  test('what makes no sense changes nothing', () => {
    const model = made();
    const { spent } = model;
    expect(() => model.change({ rules: [{ tensors: '/(/', bits: 2 }] })).toThrow('not a valid regular');
    expect(() => model.change({ budget: 'much' })).toThrow('not a budget');
    expect(model.spent).toBe(spent);
    expect(model.canUndo).toBe(false);
    expect(made('much').spending.budget).toBe('2bpw');
  });
});

describe('the budget at first', () => {
  /** A model so small that the header makes up most of its file. */
  const tiny = { ...sampleTable({ tensors: 16, tasks: 3, unit: 8 }), fixedBytes: 50_000 };

  test.each([table, tiny])('is what the default preset spends, and possible', of => {
    const model = new StudioModel(of, INITIAL_STATE.spending, INITIAL_SPENDING, () => undefined);
    const { budget } = presetNamed(DEFAULT_PRESET).settings;
    expect(model.spending.budget).toBe(budget);
    expect(model.spent.limit).toBeUndefined();
    const { bytes } = model.spent;
    const bits = bitsPerWeight('codes', bytes, of);
    expect(bits).toBeLessThanOrEqual(1.5);
    expect(bits).toBeGreaterThan(1.4);
    expect(bitsPerWeight('bitsPerWeight', bytes, of)).toBeGreaterThan(bits);
    // A drag keeps its unit, from one end to the other.
    for (const size of Object.values(model.allocation.range)) {
      model.drag(size, 'drag');
      expect(model.spending.budget).toMatch(/^codes=[\d.]+bpw$/);
      expect(Math.abs(model.spent.bytes / size - 1)).toBeLessThan(0.01);
    }
  });
});

describe('numbers', () => {
  test('the curve falls, from the smallest to the largest file, and passes through what is spent', () => {
    const { allocation } = made();
    const points = allocation.curve(100);
    expect(points[0]?.bytes).toBe(allocation.range.smallest);
    expect(points.at(-1)?.bytes).toBe(allocation.range.largest);
    for (const [i, { error }] of points.entries()) {
      if (i > 0) expect(error).toBeLessThan((points[i - 1] as (typeof points)[0]).error);
    }
    for (const bits of [0.5, 1, 2, 4]) {
      const { bytes, error } = allocation.spend(parseBudget(`${bits}bpw`));
      expect(allocation.errorAt(bytes) / error).toBeCloseTo(1, 1);
    }
  });

  test('cells and totals add up to what is spent', () => {
    const { allocation, spent, sensitivity, grid } = made('2bpw', RULES);
    const slots = slotsByTensor(allocation, undefined);
    const totals = totalsBy(allocation, slots, spent, sensitivity, tensor =>
      String(table.tensors[tensor]?.layer?.number),
    );
    const payload = totals.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(spent.bytes - payload).toBeGreaterThanOrEqual(table.fixedBytes);
    expect(spent.bytes - payload).toBeLessThan(table.fixedBytes + 400);
    const mean = totals.reduce((sum, one) => sum + one.sensitivity * one.elements, 0) / table.weights;
    expect(mean).toBeCloseTo(1, 9);

    const { values, columns } = bitsByCell(allocation, grid!, slots, spent);
    const k = grid!.roles.findIndex(({ label }) => label === 'self_attn.k_proj');
    const pinned = Array.from(values.slice(k * columns + 1, (k + 1) * columns));
    expect(pinned).toHaveLength(6);
    for (const bits of pinned) expect(bits).toBeLessThanOrEqual(4);
    expect(new Set(pinned).size).toBe(1);
    const head = grid!.roles.findIndex(({ label }) => label === 'lm_head');
    expect(values[head * columns]).toBe(32);
    expect(values[head * columns + 1]).toBeNaN();
  });

  test('of one task only', () => {
    const { allocation, spent, grid } = made('2bpw', [{ tensors: '*', task: 'dtd', bits: 1 }]);
    const bits = (task: number) =>
      bitsByCell(allocation, grid!, slotsByTensor(allocation, task), spent).values;
    for (const value of bits(1)) if (!Number.isNaN(value)) expect(value).toBeLessThanOrEqual(1);
    expect(Math.max(...bits(0).filter(value => !Number.isNaN(value)))).toBeGreaterThan(1.5);
  });

  test('a measured error counts what was stored exactly as none', () => {
    const { allocation, spent } = made('2bpw', [{ tensors: '*', task: 'dtd', bits: 'exact' }]);
    const energy = [0, 0, 0];
    Array.from(table.slots.energy, (value, slot) => (energy[table.slots.task[slot] as number]! += value));
    const error = measuredError(allocation, spent, { relativeErrors: [0.1, NaN, 0.3] });
    expect(error).toBeCloseTo(
      (0.1 * energy[0]! + 0.3 * energy[2]!) / (energy[0]! + energy[1]! + energy[2]!),
      12,
    );
  });

  test('the curve of some tensors is that of their choices', () => {
    const { allocation } = made();
    const points = tensorCurve(allocation, [0], 10);
    expect(points[0]?.x).toBeCloseTo(table.choices.bits[29] as number, 9);
    expect(points[0]?.error).toBeCloseTo(
      (table.choices.error[29] as number) / (table.slots.energy[0] as number),
      9,
    );
    expect(points.at(-1)?.x).toBeCloseTo(table.choices.bits[0] as number, 9);
    expect(tensorCurve(allocation, [], 10)).toEqual([]);
  });
});

describe('the grid', () => {
  test('has roles by layers, and beside them what is outside', () => {
    const grid = gridOf(table)!;
    expect(grid.roles.map(({ label }) => label)).toEqual([
      'self_attn.q_proj',
      'self_attn.k_proj',
      'self_attn.v_proj',
      'self_attn.o_proj',
      'mlp.gate_proj',
      'mlp.up_proj',
      'mlp.down_proj',
      'model.embed_tokens',
      'lm_head',
    ]);
    expect(grid.layers).toEqual([undefined, 0, 1, 2, 3, 4, 5]);
    expect(grid.roles[0]?.pattern).toBe('model.layers.*.self_attn.q_proj.weight');
    expect(grid.patterns[3]).toEqual(['model.layers.2.*']);
    expect(grid.patterns[0]).toEqual(['model.embed_tokens.weight', 'lm_head.weight']);
  });

  test('patterns of rows, columns and cells match what they stand for', () => {
    const grid = gridOf(table)!;
    const touched = (tensors: string) => {
      const { allocation } = made('2bpw', [{ tensors, bits: 3 }]);
      return new Set(
        allocation.wishes.flatMap(({ bits }, slot) => (bits === 3 ? table.slots.tensor[slot]! : [])),
      );
    };
    for (const { pattern, tensors } of grid.roles)
      expect([...touched(pattern)]).toEqual(Array.from(tensors).filter(tensor => tensor >= 0));
    for (const [column, patterns] of grid.patterns.entries()) {
      const expected = grid.roles.map(({ tensors }) => tensors[column]!).filter(tensor => tensor >= 0);
      const found = new Set(patterns.flatMap(pattern => [...touched(pattern)]));
      expect([...found].sort((a, b) => a - b)).toEqual(expected.sort((a, b) => a - b));
    }
  });

  test('keeps two towers apart, and is none without layers', () => {
    const tower = (stack: string, number: number) => ({
      name: `${stack}.${number}.fc.weight`,
      shape: [8, 8],
      kind: 'mlp' as const,
      layer: { stack, number, count: 2 },
    });
    const tensors = ['text.blocks', 'image.blocks'].flatMap(stem =>
      [0, 1].map(number => tower(stem, number)),
    );
    const grid = gridOf({ ...table, tensors })!;
    expect(grid.roles.map(({ label }) => label)).toEqual(['text.blocks.*.fc', 'image.blocks.*.fc']);
    expect(grid.patterns[0]).toEqual(['text.blocks.0.*', 'image.blocks.0.*']);
    expect(gridOf(sampleTable({ tensors: 16, tasks: 1, layered: false }))).toBeUndefined();
  });
});

describe('rules', () => {
  const cars = { tensors: 'a.*', task: 'cars' };
  const all = { tensors: 'a.*', task: undefined };

  test('a wish takes the place of the one before for the same tensors', () => {
    let rules = withWish([], [all], { bits: 3 });
    rules = withWish(rules, [cars], { bits: 'exact' });
    rules = withWish(rules, [all], { min: 2 });
    expect(rules).toEqual([
      { tensors: 'a.*', task: 'cars', bits: 'exact' },
      { tensors: 'a.*', min: 2 },
    ]);
  });

  test('auto leaves nothing behind where nothing is to be taken back', () => {
    expect(withWish([{ tensors: 'a.*', bits: 3 }], [all], { bits: 'auto' })).toEqual([]);
    expect(withWish([{ tensors: 'b.*', bits: 3 }], [all], { bits: 'auto' })).toHaveLength(1);
    expect(withWish([{ tensors: '*', bits: 3 }], [all], { min: 2 })[1]).toMatchObject({
      bits: 'auto',
      min: 2,
    });
    expect(withWish([{ tensors: '*', bits: 3 }], [all], { bits: 'auto' })).toEqual([
      { tensors: '*', bits: 3 },
      { tensors: 'a.*', bits: 'auto', min: 0 },
    ]);
  });

  test.each([
    [{}, undefined],
    [{ bits: 1 }, '1 bit'],
    [{ bits: 'exact', min: 2 }, 'exact'],
    [{ bits: 'auto', min: 2 }, 'at least 2 bits'],
    [{ bits: 'auto', min: 0 }, undefined],
    [{ min: 1, max: 3 }, 'at least 1, at most 3 bits'],
    [{ max: 1 }, 'at most 1 bit'],
  ] as const)('%j is "%s"', (wish, text) => expect(describeWish(wish)).toBe(text));

  test('are one command', () => {
    const selection = {
      base: { name: 'b', path: '/m/my base' },
      tasks: [{ name: 'cars', path: "/m/car's" }],
    };
    expect(
      quantizeCommand(selection, { budget: '120B', sensitivity: 'relative', rules: RULES }, 'o.tvq'),
    ).toBe(
      `tvq quantize --base '/m/my base' --task 'cars=/m/car'\\''s' --budget 120B --sensitivity relative ` +
        `--pin '*.k_proj.*=4' --pin lm_head.weight=exact --pin 'dtd:*mlp*=auto' --floor 'dtd:*mlp*=2.5' --output o.tvq`,
    );
  });
});

describe('rows', () => {
  const query = { search: '', sort: 'tensor', descending: false } as const;

  test('are found, and sorted by every column, both ways', () => {
    const { allocation, spent, sensitivity } = made('2bpw', RULES);
    const rows = new SlotRows(allocation);
    expect(rows.select({ ...query, search: 'MLP dtd' }, spent, sensitivity)).toHaveLength(18);
    expect(rows.select({ ...query, search: 'nowhere' }, spent, sensitivity)).toHaveLength(0);
    const found = rows.select(query, spent, sensitivity);
    expect(rows.row(found[0]!, spent, sensitivity)).toMatchObject({ tensor: 'lm_head.weight', task: 'cars' });
    for (const sort of ['bits', 'bytes', 'error', 'sensitivity', 'wish', 'shape'] as const) {
      const up = rows.select({ ...query, sort }, spent, sensitivity);
      const down = rows.select({ ...query, sort, descending: true }, spent, sensitivity);
      expect(new Set(up).size).toBe(table.slots.end.length);
      const key = (slot: number) => {
        const row = rows.row(slot, spent, sensitivity);
        return sort === 'bytes' ? row.bytes : sort === 'error' ? row.error : undefined;
      };
      if (key(0) === undefined) continue;
      for (let i = 1; i < up.length; i++) {
        expect(key(up[i]!)!).toBeGreaterThanOrEqual(key(up[i - 1]!)!);
        expect(key(down[i]!)!).toBeLessThanOrEqual(key(down[i - 1]!)!);
      }
    }
  });

  test('what is exact has all its bytes and no error', () => {
    const { allocation, spent, sensitivity } = made('2bpw', RULES);
    const slot = Array.from(spent.choices).indexOf(EXACT);
    const row = new SlotRows(allocation).row(slot, spent, sensitivity);
    expect(row).toMatchObject({
      tensor: 'lm_head.weight',
      bits: undefined,
      error: 0,
      wish: { bits: 'exact' },
    });
    expect(row.bytes).toBe(table.slots.exactBytes[slot]);
  });
});

describe('small things', () => {
  test('history goes back over a drag at once, and forward again', () => {
    const history = new History(onlyStep(0));
    history.push(1);
    for (const value of [2, 3, 4]) history.push(value, 'drag');
    history.push(5, 'another');
    history.undo();
    expect(history.now).toBe(4);
    history.undo();
    expect(history.now).toBe(1);
    history.redo();
    expect(history.now).toBe(4);
    history.push(9, 'another');
    expect(history.canRedo).toBe(false);
    history.undo();
    expect(history.now).toBe(4);
  });

  test('history keeps fifty steps, and goes on from those that were kept', () => {
    const history = new History(onlyStep(0));
    for (let value = 1; value <= 70; value++) history.push(value);
    for (let i = 0; i < 10; i++) history.undo();
    const restored = new History(JSON.parse(JSON.stringify(history.steps)) as typeof history.steps);
    expect(restored.now).toBe(60);
    for (let value = 61; value <= 70; value++) {
      restored.redo();
      expect(restored.now).toBe(value);
    }
    expect(restored.canRedo).toBe(false);
    for (let i = 0; i < 60; i++) restored.undo();
    expect(restored.now).toBe(20);
    expect(restored.canUndo).toBe(false);
  });

  test.each(['bytes', 'bitsPerWeight', 'codes', 'percent', 'error'] as const)(
    'a budget in %s can be read again',
    kind => {
      for (const bytes of [999.6, 1300, 45_678, 999_960_000, 1_234_567, 98_765_432_109]) {
        const scale = { weights: 3 * bytes, fp32Bytes: 12 * bytes, fixedBytes: 0.1 * bytes };
        const { text, budget } = writtenBudget(kind, bytes, 1.2345e-7, scale);
        expect(parseBudget(text)).toEqual(budget);
        expect(budget.kind).toBe(kind);
        if (budget.kind !== 'error') expect(budgetBytes(budget, scale) / bytes).toBeCloseTo(1, 2);
        else expect(budget.relative).toBeCloseTo(1.2345e-7, 10);
      }
    },
  );

  test('CSV quotes what needs it', () => {
    expect(csv([['a,b', 'c"d', 1, undefined]])).toBe('"a,b","c""d",1,\r\n');
  });
});
