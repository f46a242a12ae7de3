/** Models with two stacks of layers (T5, Whisper, CLIP): each has its own depth, and its own place in every table. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { MergeReport } from '../../extension/engine/merge/output/report.ts';
import { openTvq } from '../../extension/formats/tvq/reader.ts';
import { summarizeTvq } from '../../extension/formats/tvq/summary.ts';
import { f32, writeSafetensors } from '../checkpoints.ts';
import * as tvq from '../engine.ts';
import { temporaryPaths } from '../temporary.ts';

const path = await temporaryPaths();

const NAMES = [
  ...[0, 1].map(i => `encoder.block.${i}.w`),
  ...[0, 1, 2, 3].map(i => `decoder.block.${i}.w`),
  'shared.w',
];
const model = async (value: number) => {
  const file = path('.safetensors');
  await writeSafetensors(
    file,
    Object.fromEntries(NAMES.map(name => [name, f32([8, 8], i => (value * (i + 1)) / 64)])),
  );
  return file;
};
const base = await model(0);
const inputs = [tvq.checkpointInput(await model(1), 'a')];

/** By tensor, what its task vector was multiplied by. */
async function scales(changes: Parameters<typeof tvq.mergeRecipe>[3]) {
  const recipe = tvq.mergeRecipe(path(), 'task_arithmetic', inputs, { base, ...changes });
  await tvq.merge(recipe);
  const merged = await tvq.tensorsOf(recipe.output);
  return Object.fromEntries(NAMES.map(name => [name, tvq.valuesOf(merged.get(name)!)[63]!]));
}

test.each([
  ['a gradient', { parameters: { scale: [0, 1] } }],
  ['LiNeS', { parameters: { scale: 1 }, lines: { alpha: 0, beta: 1 } }],
])('%s runs from the first to the last layer of each', async (_, changes) => {
  const found = await scales(changes);
  const expected = [0, 1, 0, 1 / 3, 2 / 3, 1, 0];
  for (const [i, name] of NAMES.entries()) expect(found[name], name).toBeCloseTo(expected[i]!, 6);
});

test('the report has a row for each layer of each', async () => {
  const recipe = tvq.mergeRecipe(path(), 'task_arithmetic', inputs, { base });
  await tvq.merge(recipe);
  const text = await readFile(join(recipe.output, 'merge-report.json'), 'utf8');
  const { layers } = JSON.parse(text) as MergeReport;
  expect(layers.map(({ stack, layer }) => [stack, layer])).toEqual([
    ...[0, 1, 2, 3].map(i => ['decoder.block', i]),
    ...[0, 1].map(i => ['encoder.block', i]),
    [null, null],
  ]);
});

test('so has the summary of a .tvq file', async () => {
  const output = path('.tvq');
  const tasks = inputs.map(({ name, path }) => ({ name, path }));
  await tvq.quantize(tvq.recipe(output, { base, tasks, bits: 4 }));
  const { layers } = summarizeTvq(await openTvq(output));
  expect(layers.map(({ group }) => group)).toEqual([
    ...[0, 1, 2, 3].map(i => `decoder.block.${i}`),
    ...[0, 1].map(i => `encoder.block.${i}`),
    'outside',
  ]);
});
