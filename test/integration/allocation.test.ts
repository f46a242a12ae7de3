/** What the allocator predicts from a table is what the engine writes: exactly the same bytes and the same error. */
import { stat } from 'node:fs/promises';
import { expect, test } from 'vitest';
import * as engine from '../../extension/engine/engine.ts';
import type { AnalysisTable } from '../../extension/protocol/analysis.ts';
import type { QuantizeRecipe, TensorRule } from '../../extension/protocol/recipes.ts';
import { EXACT, allocate, groupsOf, measuresOf } from '../../extension/shared/allocation/index.ts';
import { f32, noise, writeSafetensors, type MadeTensor } from '../checkpoints.ts';
import * as tvq from '../engine.ts';
import { temporaryPaths } from '../temporary.ts';

const path = await temporaryPaths();

/** Three layers and a head; one tensor of each kind that a task may leave unchanged, or break. */
async function made(): Promise<QuantizeRecipe> {
  const checkpoint = (task: number): Record<string, MadeTensor> => {
    const next = noise(task + 1);
    const value = () => next() + next() + next();
    const layer = (l: number): Record<string, MadeTensor> => ({
      [`layers.${l}.attn.weight`]: f32([64, 48 + l], value),
      [`layers.${l}.mlp.weight`]: f32([96, 64], value),
      [`layers.${l}.norm.weight`]: f32([64], task === 1 ? () => 0.5 : value),
      // The same for all, so no task has a payload for it.
      [`layers.${l}.frozen.bias`]: f32([64], () => 0.25),
    });
    return {
      ...Object.assign({}, ...[0, 1, 2].map(layer)),
      'head.weight': f32([40, 64], i => (task === 2 && i === 3 ? Infinity : value())),
      'ids.weight': f32([32, 32], () => 1),
    } as Record<string, MadeTensor>;
  };
  const paths = [path('.safetensors'), path('.safetensors'), path('.safetensors')];
  for (const [i, file] of paths.entries()) await writeSafetensors(file, checkpoint(i));
  const tasks = paths.slice(1).map((task, i) => ({ name: `t${i}`, path: task }));
  return tvq.recipe(path('.tvq'), { base: paths[0] as string, tasks, keep: ['^ids'] });
}

const asked = await made();
const table: AnalysisTable = await engine.analyzeTable(asked, tvq.OPTIONS, tvq.hooks());

const RULES: readonly (readonly [string, readonly TensorRule[]])[] = [
  ['no rules', []],
  ['a pin', [{ tensors: 'layers.1.*', bits: 2 }]],
  ['exact tensors', [{ tensors: '*.attn.weight', bits: 'exact' }]],
  ['everything exact', [{ tensors: '*', bits: 'exact' }]],
  [
    'a floor, and a pin of one task',
    [
      { tensors: '*', min: 1.5 },
      { tensors: '/mlp/', task: 't1', bits: 3 },
    ],
  ],
];

test.each(RULES)('%s', async (_, rules) => {
  for (const share of [0, 0.3, 0.9]) {
    const groups = groupsOf(table, measuresOf({ sensitivity: undefined }, { kind: 'bytes' }), rules);
    const [least, most] = [0, Infinity].map(
      room => allocate(groups, room === 0 ? smallest(groups) : room).bytes,
    );
    const budget = Math.floor((least as number) + share * ((most as number) - (least as number)));
    const first = allocate(groups, budget);
    // Ask for the resulting size, so that nothing is left to be spent differently.
    const allocation = allocate(groups, first.bytes);
    const { bytes } = allocation;
    const chosen = (slot: number) => allocation.chosen(slot).offsets[0];
    const output = path('.tvq');
    const result = await tvq.quantize({ ...asked, output, budget: `${bytes}B`, rules });
    expect(result.bytes).toBe(bytes);
    expect((await stat(output)).size).toBe(bytes);

    const slots = Array.from(table.slots.energy, (energy, slot) => ({ energy, slot }));
    for (const [task, relative] of result.relativeErrors.entries()) {
      const coded = slots.filter(
        ({ slot }) => table.slots.task[slot] === task && chosen(slot)?.codec !== EXACT,
      );
      if (coded.length === 0) continue;
      const error = coded.reduce(
        (sum, { slot }) => sum + (chosen(slot)?.error ?? 0),
        table.fixedError[task] as number,
      );
      const energy = coded.reduce((sum, one) => sum + one.energy, table.fixedEnergy[task] as number);
      expect(relative / (error / energy)).toBeGreaterThan(0.98);
      expect(relative / (error / energy)).toBeLessThan(1.02);
    }
  }
});

function smallest(groups: ReturnType<typeof groupsOf>): number {
  return groups.reduce(
    (sum, { offsets }) => sum + Math.min(...(offsets[0]?.choices[0] ?? []).map(({ bytes }) => bytes)),
    0,
  );
}
