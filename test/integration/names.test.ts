/** Models whose tensors have other names than the base's, or another layout: what is read as what. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { f32, writeModelFolder, type MadeTensor } from '../checkpoints.ts';
import { tvq } from '../command.ts';
import { checkpointInput, merge, mergeRecipe, quantize, recipe, tensorsOf, valuesOf } from '../engine.ts';
import { temporaryPaths } from '../temporary.ts';

const path = await temporaryPaths();

type Tensors = Readonly<Record<string, MadeTensor>>;

const model = (tensors: Tensors): Promise<string> =>
  writeModelFolder(path(), tensors, { 'config.json': '{}' });

const body = (value: number, layer = 'model.layers.0'): Tensors => ({
  [`${layer}.up.weight`]: f32([4, 4], i => value * (1 + i)),
  [`${layer}.down.weight`]: f32([4, 4], i => value * (1 + i)),
});

const firstValues = async (output: string) =>
  Object.fromEntries([...(await tensorsOf(output))].map(([name, tensor]) => [name, valuesOf(tensor)[0]]));

test('a map renames the models, not the base, and is kept in the recipe', async () => {
  const [base, a] = [await model(body(1)), await model(body(3, 'h.0.block'))];
  const output = path();
  const { status, stderr } = await tvq(
    ...['merge', '--base', base, '--task', `a=${a}`, '--method', 'task_arithmetic', '--param', 'scale=1'],
    ...['--map', '^h\\.(\\d)\\.block(?=\\.)=model.layers.$1', '-o', output],
  );
  expect({ status, stderr }).toEqual({
    status: 0,
    stderr: expect.stringContaining(
      'input "a": read by the map of names: 2 tensors, "h.0.block.up.weight" as "model.layers.0.up.weight"',
    ) as string,
  });
  expect(await firstValues(output)).toEqual({
    'model.layers.0.up.weight': 3,
    'model.layers.0.down.weight': 3,
  });
  const kept = await readFile(join(output, 'merge-recipe.yml'), 'utf8');
  expect(kept).toMatch(/^map:\n.*model\.layers\.\$1/m);
  const again = path();
  expect(await tvq('merge', '--recipe', join(output, 'merge-recipe.yml'), '-o', again)).toMatchObject({
    status: 0,
  });
  expect(await firstValues(again)).toEqual(await firstValues(output));
});

test('a map for quantizing', async () => {
  const file = path('.tvq');
  const [base, a] = [await model(body(1)), await model(body(3, 'h.0.block'))];
  const map = [{ from: 'h.0.block', to: 'model.layers.0' }];
  const { tensors } = await quantize(recipe(file, { base, tasks: [{ name: 'a', path: a }], map }));
  expect(tensors).toMatchObject({ quantized: 2, kept: 0 });
});

test('a pattern that matches nothing is an error', async () => {
  const [base, a] = [await model(body(1)), await model(body(3))];
  const map = [{ from: 'blocks', to: 'layers' }];
  const asked = mergeRecipe(path(), 'task_arithmetic', [checkpointInput(a, 'a')], { base, map });
  await expect(merge(asked)).rejects.toThrow(
    'the map\'s pattern "blocks" is in no name of a fine-tuned checkpoint\'s tensor; correct it or leave it out',
  );
});
