/** Models whose tensors have other names than the base's, or another layout: what is read as what. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
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

test('so it is where all models are in .tvq files', async () => {
  const file = path('.tvq');
  const base = await model(body(1));
  const tasks = [{ name: 'a', path: await model(body(3)) }];
  await quantize(recipe(file, { base, tasks }));
  const asked = mergeRecipe(path(), 'task_arithmetic', [{ name: 'a', path: file, task: 'a' }], {
    base,
    map: [{ from: 'layers', to: 'blocks' }],
  });
  await expect(merge(asked)).rejects.toThrow('the map\'s pattern "layers" is in no name');
});

describe('experts', () => {
  const [COUNT, INNER, WIDTH] = [3, 4, 6];
  /** Different everywhere: value i of a matrix of an expert. */
  const weight = (model: number, layer: number, expert: number, matrix: number, i: number) =>
    model + layer + expert / 4 + matrix / 16 + i / 1024;
  const MATRICES = ['gate', 'up', 'down'] as const;
  const shapeOf = (matrix: number): [number, number] => (matrix === 2 ? [WIDTH, INNER] : [INNER, WIDTH]);

  const around = (model: number, router: string): Tensors => ({
    'model.embed_tokens.weight': f32([8, WIDTH], i => model + i),
    ...Object.fromEntries(
      [0, 1].map(layer => [`model.layers.${layer}.${router}.weight`, f32([COUNT, WIDTH], i => model + i)]),
    ),
  });

  const split = (model: number, [module, names]: readonly [string, readonly string[]]): Tensors => {
    const tensors = { ...around(model, `${module}.gate`) } as Record<string, MadeTensor>;
    for (const layer of [0, 1])
      for (let expert = 0; expert < COUNT; expert++)
        for (const [matrix, name] of names.entries())
          tensors[`model.layers.${layer}.${module}.experts.${expert}.${name}.weight`] = f32(
            shapeOf(matrix),
            i => weight(model, layer, expert, matrix, i),
          );
    return tensors;
  };

  /** By the definition of either orientation, element by element. */
  const stacked = (model: number, isTurned: boolean): Tensors => {
    const gateUp = (layer: number) => (expert: number, row: number, column: number) =>
      weight(model, layer, expert, row < INNER ? 0 : 1, (row % INNER) * WIDTH + column);
    const down = (layer: number) => (expert: number, row: number, column: number) =>
      weight(model, layer, expert, 2, row * INNER + column);
    const tensor = (rows: number, columns: number, at: ReturnType<typeof gateUp>) =>
      isTurned
        ? f32([COUNT, columns, rows], i =>
            at(Math.floor(i / (rows * columns)), i % rows, Math.floor(i / rows) % columns),
          )
        : f32([COUNT, rows, columns], i =>
            at(Math.floor(i / (rows * columns)), Math.floor(i / columns) % rows, i % columns),
          );
    return {
      ...around(model, 'mlp.gate'),
      ...Object.fromEntries(
        [0, 1].flatMap(layer => [
          [`model.layers.${layer}.mlp.experts.gate_up_proj`, tensor(2 * INNER, WIDTH, gateUp(layer))],
          [`model.layers.${layer}.mlp.experts.down_proj`, tensor(WIDTH, INNER, down(layer))],
        ]),
      ),
    };
  };

  const QWEN = ['mlp', MATRICES.map(name => `${name}_proj`)] as const;
  const MIXTRAL = ['block_sparse_moe', ['w1', 'w3', 'w2']] as const;

  /** What a base and the difference of the model from it come to. */
  async function mergedOf(base: Tensors, tuned: Tensors) {
    const [original, a] = [await model(base), await model(tuned)];
    const { output, warnings } = await merge(
      mergeRecipe(path(), 'task_arithmetic', [checkpointInput(a, 'a')], {
        base: original,
        parameters: { scale: 1 },
      }),
    );
    const values = [...(await tensorsOf(output))].map(
      ([name, tensor]) => [name, [...valuesOf(tensor)]] as const,
    );
    return { warnings, values: Object.fromEntries(values) };
  }

  const valuesIn = (tensors: Tensors) =>
    Object.fromEntries(
      Object.entries(tensors).map(([name, { data }]) => [name, [...new Float32Array(data.slice().buffer)]]),
    );

  test.each([
    ['Qwen, stacked', split(1, QWEN), stacked(2, false), split(2, QWEN), 'mlp.experts.0.gate_proj.weight'],
    [
      'Qwen, stacked and turned',
      split(1, QWEN),
      stacked(2, true),
      split(2, QWEN),
      'mlp.experts.0.gate_proj.weight',
    ],
    [
      'Mixtral, stacked',
      split(1, MIXTRAL),
      stacked(2, false),
      split(2, MIXTRAL),
      'block_sparse_moe.experts.0.w1.weight',
    ],
  ])('of %s are read one by one', async (_, base, tuned, expected, first) => {
    const { values, warnings } = await mergedOf(base, tuned);
    expect(values).toEqual(valuesIn(expected));
    expect(warnings).toContain(
      `input "a": the stacked experts of 2 layers are read one by one ("model.layers.0.mlp.experts.gate_up_proj" as "model.layers.0.${first}" …)`,
    );
  });

  test.each([
    ['Qwen', QWEN, false],
    ['Qwen, turned', QWEN, true],
    ['Mixtral', MIXTRAL, false],
  ] as const)('of %s are read as stacked ones', async (_, layout, isTurned) => {
    const { values, warnings } = await mergedOf(stacked(1, isTurned), split(2, layout));
    expect(values).toEqual(valuesIn(stacked(2, isTurned)));
    expect(warnings.join('\n')).toContain('as "model.layers.0.mlp.experts.gate_up_proj" …)');
  });

  test('behind a prefix, quantized', async () => {
    const prefixed = Object.fromEntries(
      Object.entries(stacked(2, false)).map(([name, tensor]) => [`module.${name}`, tensor]),
    );
    const tasks = [{ name: 'a', path: await model(prefixed) }];
    const file = path('.tvq');
    const { tensors } = await quantize(recipe(file, { base: await model(split(1, QWEN)), tasks }));
    expect(tensors.kept).toBe(0);
  });

  test('whose shapes or biases say nothing are left as they are', async () => {
    const biased = { ...stacked(2, true) } as Record<string, MadeTensor>;
    for (const layer of [0, 1])
      biased[`model.layers.${layer}.mlp.experts.gate_up_proj_bias`] = f32([COUNT, 2 * INNER], () => 0);
    const other = { ...stacked(2, false) } as Record<string, MadeTensor>;
    for (const layer of [0, 1])
      other[`model.layers.${layer}.mlp.experts.down_proj`] = f32([COUNT, INNER, WIDTH], () => 0);
    for (const tuned of [biased, other])
      await expect(mergedOf(split(1, QWEN), tuned)).rejects.toThrow('its experts are stacked in one tensor');
  });
});
