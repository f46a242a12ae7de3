/** Wishes and measures on a measured table: which choices each slot is left with. */
import { describe, expect, it } from 'vitest';
import type { AnalysisTable } from '../../../../extension/protocol/analysis.ts';
import type { TensorRule } from '../../../../extension/protocol/recipes.ts';
import {
  allocate,
  EXACT,
  groupsOf,
  rulesBytes,
  type Choice,
} from '../../../../extension/shared/allocation/index.ts';

/** Two tensors of two tasks; each slot has 4, 2 and 1 bits per weight. */
const table: AnalysisTable = {
  tasks: ['cars', 'dtd'],
  tensors: [
    {
      name: 'layers.0.attn.weight',
      shape: [8, 8],
      kind: 'attention',
      layer: { stack: 'layers', number: 0, count: 2 },
    },
    {
      name: 'layers.1.mlp.weight',
      shape: [8, 16],
      kind: 'mlp',
      layer: { stack: 'layers', number: 1, count: 2 },
    },
  ],
  slots: {
    tensor: [0, 0, 1, 1],
    task: [0, 1, 0, 1],
    energy: [1, 2, 4, 8],
    exactBytes: [256, 256, 512, 512],
    end: [3, 6, 9, 12],
  },
  choices: {
    bits: [4, 2, 1, 4, 2, 1, 4, 2, 1, 4, 2, 1],
    bytes: [32, 16, 8, 32, 16, 8, 64, 32, 16, 64, 32, 16],
    error: [0.01, 0.1, 0.5, 0.02, 0.2, 1, 0.04, 0.4, 2, 0.08, 0.8, 4],
  },
  fixedBytes: 100,
  fixedError: [0, 0],
  fixedEnergy: [0, 0],
  weights: 384,
  fp32Bytes: 1536,
};

/** Bits that each slot may get; `exact` if it is stored exactly. */
const openTo = (rules: readonly TensorRule[]) =>
  groupsOf(table, [{ kind: 'energy' }], rules)
    .slice(0, -1)
    .map(({ offsets }) =>
      (offsets[0]!.choices[0] as readonly Choice[]).map(({ codec }) =>
        codec === EXACT ? 'exact' : table.choices.bits[codec],
      ),
    );

const ALL = [4, 2, 1];

describe('rules', () => {
  it.each<[string, TensorRule[], unknown[]]>([
    ['none', [], [ALL, ALL, ALL, ALL]],
    ['a pin of all tasks', [{ tensors: '*attn*', bits: 2 }], [[2], [2], ALL, ALL]],
    ['a pin of one task', [{ tensors: '*attn*', task: 'dtd', bits: 1 }], [ALL, [1], ALL, ALL]],
    ['a pin between two choices takes the narrower', [{ tensors: '*mlp*', bits: 3 }], [ALL, ALL, [2], [2]]],
    ['a pin below all takes the narrowest', [{ tensors: '*mlp*', bits: 0.5 }], [ALL, ALL, [1], [1]]],
    ['exact', [{ tensors: '/^layers\\.1/', bits: 'exact' }], [ALL, ALL, ['exact'], ['exact']]],
    [
      'a floor',
      [{ tensors: '*', min: 2 }],
      [
        [4, 2],
        [4, 2],
        [4, 2],
        [4, 2],
      ],
    ],
    ['a ceiling', [{ tensors: '*attn*', max: 3 }], [[2, 1], [2, 1], ALL, ALL]],
    [
      'the last one that says so',
      [
        { tensors: '*', bits: 1 },
        { tensors: '*mlp*', bits: 'auto' },
      ],
      [[1], [1], ALL, ALL],
    ],
  ])('%s', (_, rules, expected) => {
    expect(openTo(rules)).toEqual(expected);
  });

  it('are kept by the allocation, whatever the budget', () => {
    const rules: TensorRule[] = [{ tensors: '*attn*', bits: 'exact' }];
    const groups = groupsOf(table, [{ kind: 'energy' }], rules);
    const smallest = 256 + 256 + 16 + 16 + 100 + rulesBytes(rules);
    const allocation = allocate(groups, smallest + 20);
    const { bytes } = allocation;
    expect(bytes).toBe(smallest + 16);
    expect([0, 1].map(slot => allocation.chosen(slot).offsets[0]?.codec)).toEqual([EXACT, EXACT]);
    // The slot whose error falls most gets the rest.
    expect(
      [2, 3].map(slot => table.choices.bits[allocation.chosen(slot).offsets[0]?.codec as number]),
    ).toEqual([1, 2]);
  });
});

describe('a shared vector', () => {
  /** The first tensor is shared: its slots have two choices given each of the shared vector's two. */
  const shared: AnalysisTable = {
    ...table,
    slots: { ...table.slots, end: [4, 8, 11, 14] },
    choices: {
      bits: [2, 1, 2, 1, 2, 1, 2, 1, 4, 2, 1, 4, 2, 1],
      bytes: [16, 8, 18, 10, 16, 8, 18, 10, 64, 32, 16, 64, 32, 16],
      error: [0.1, 0.3, 0.1, 0.3, 0.1, 0.3, 0.1, 0.3, 0.04, 0.4, 2, 0.08, 0.8, 4],
      given: [0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0],
    },
    shared: { tensor: [0], energy: [1], end: [2], bits: [4, 2], bytes: [32, 16], error: [0.01, 0.2] },
  };

  it('is decided together with the tensors of all tasks, the others by themselves', () => {
    const groups = groupsOf(shared, [{ kind: 'energy' }]);
    expect(groups.map(({ slots }) => slots)).toEqual([[0, 1], [2], [3], []]);
    const [{ base, offsets } = { base: undefined, offsets: [] }] = groups;
    expect(base?.choices.map(({ bytes }) => bytes)).toEqual([32, 16]);
    expect(offsets.map(({ choices }) => choices.map(list => list.map(({ codec }) => codec)))).toEqual([
      [
        [0, 1],
        [2, 3],
      ],
      [
        [4, 5],
        [6, 7],
      ],
    ]);
  });

  it('has its bytes counted once and its error once a task', () => {
    const [group] = groupsOf(shared, [{ kind: 'energy' }]);
    const most = allocate([group as NonNullable<typeof group>], 1000);
    expect(most.bytes).toBe(32 + 16 + 16);
    expect(most.error).toBeCloseTo(2 * 0.01 + 0.1 + 0.1);
    const least = allocate([group as NonNullable<typeof group>], 36);
    expect(least.bytes).toBe(16 + 10 + 10);
    expect(least.chosen(0).base?.bytes).toBe(16);
  });

  it('leaves rules to the tasks', () => {
    const [group] = groupsOf(shared, [{ kind: 'energy' }], [{ tensors: '*attn*', task: 'dtd', bits: 1 }]);
    expect(group?.base?.choices).toHaveLength(2);
    expect(group?.offsets.map(({ choices }) => choices.map(list => list.map(({ codec }) => codec)))).toEqual([
      [
        [0, 1],
        [2, 3],
      ],
      [[5], [7]],
    ]);
  });
});
