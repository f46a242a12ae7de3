import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { readRecipeFile } from '../../extension/engine/merge/recipe/recipeFile.ts';
import { METHODS } from '../../extension/engine/merge/methods/registry.ts';
import type { MergeInput, MergeRecipe } from '../../extension/protocol/recipes.ts';
import { f32, fixture, noise, writeSafetensors } from '../checkpoints.ts';
import { LLAMA_TASKS, merge, mergeRecipe, quantize, recipe } from '../engine.ts';
import { temporaryFolder } from '../temporary.ts';

const folder = await temporaryFolder();
const file = join(folder, 'llama.tvq');
beforeAll(() => quantize(recipe(file, { scheme: 'tvq' })));

const write = async (text: string) => {
  const path = join(folder, 'merge.yml');
  await writeFile(path, text);
  return path;
};
const read = async (text: string, note?: (line: string) => void) =>
  readRecipeFile(await write(text), { output: 'out', overwrite: false, resume: false }, note);
const readModels = (models: string) =>
  read(`merge_method: magmax\nbase_model: ${fixture('llama/base')}\nmodels: [${models}]`);

test('a .tvq file without a task stands for all of its tasks', async () => {
  const { inputs, inputParameters } = await readModels('{model: llama.tvq, parameters: {weight: 2}}');
  expect(inputs).toEqual(['code', 'math', 'chat'].map(task => ({ name: task, path: file, task })));
  expect(inputParameters).toEqual([{ weight: 2 }, { weight: 2 }, { weight: 2 }]);
});

test('a file that is no .tvq file', async () => {
  await writeFile(join(folder, 'fake.tvq'), 'no tensors at all');
  await expect(readModels('{model: fake.tvq}')).rejects.toThrow(join(folder, 'fake.tvq'));
});

describe('the recipe beside a model makes it again', () => {
  const models = LLAMA_TASKS.map((task): MergeInput => ({ ...task, task: undefined }));
  const tasks = LLAMA_TASKS.map(({ name }): MergeInput => ({ name, path: file, task: name }));
  let made = 0;
  const again = async (changes: Partial<MergeRecipe>, method: string, inputs: readonly MergeInput[]) => {
    const output = join(folder, `model ${made++}`);
    await merge(mergeRecipe(output, method, inputs, changes));
    const [first = ''] = method === 'emr' ? inputs.map(({ name }) => name) : [];
    const beside = join(output, first);
    const overrides = { output: `${output} again`, overwrite: false, resume: false };
    const { files } = await merge(await readRecipeFile(join(beside, 'merge-recipe.yml'), overrides));
    for (const name of files)
      expect(await readFile(join(output, name))).toEqual(await readFile(join(overrides.output, name)));
    const [text, same] = await Promise.all(
      [beside, join(overrides.output, first)].map(one => readFile(join(one, 'merge-recipe.yml'), 'utf8')),
    );
    expect(same).toBe(text);
    expect(await readFile(join(beside, 'README.md'), 'utf8')).toContain(text);
  };

  test.each(METHODS.map(({ name, maximumInputs = 3 }) => [name, maximumInputs] as const))(
    '%s, with a base',
    async (method, most) => {
      const base = fixture('llama/base');
      await again(
        { base, inputParameters: models.slice(0, most).map(() => ({})) },
        method,
        models.slice(0, most),
      );
    },
  );

  test.each(['linear', 'slerp', 'ties', 'emr'])('%s, of tasks', async method => {
    const inputs = tasks.slice(0, 2);
    const changes = { base: fixture('llama/base'), dtype: 'BF16', shardBytes: 20_000 } as const;
    await again({ ...changes, inputParameters: inputs.map(() => ({})) }, method, inputs);
  });
});

describe('what only the models can tell', () => {
  /** A model folder of two layers with a tokenizer. */
  const made = async (name: string, tokens: readonly string[], rows = tokens.length) => {
    const value = noise(name.length);
    await mkdir(join(folder, name), { recursive: true });
    await writeSafetensors(join(folder, name, 'model.safetensors'), {
      'model.embed_tokens.weight': f32([rows, 4], value),
      'model.layers.0.mlp.weight': f32([4, 4], value),
      'model.layers.1.mlp.weight': f32([4, 4], value),
    });
    const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
    const tokenizer = { model: { type: 'BPE', vocab }, added_tokens: [] };
    await writeFile(join(folder, name, 'tokenizer.json'), JSON.stringify(tokenizer));
  };
  beforeAll(async () => {
    await made('base', ['a', 'b', 'c'], 8);
    await made('same', ['a', 'b', 'c'], 8);
    await made('swapped', ['a', 'c', 'b'], 8);
    await made('longer', ['a', 'b', 'c', 'd'], 9);
  });
  const slice = (range: string, more = '') =>
    read(
      `merge_method: slerp\nbase_model: base\nparameters: {t: 0.5}\nslices:\n- sources:\n  - {model: base, layer_range: [0, 2]}\n  - {model: same, layer_range: ${range}}\n${more}`,
    );
  const linear = (model: string, more: string) =>
    read(
      `merge_method: linear\nparameters: {weight: 1}\nmodels: [{model: base}, {model: ${model}}]\n${more}`,
    );

  test('a slice with all layers is the model', async () =>
    expect((await slice('[0, 2]')).inputs).toHaveLength(2));

  test.each(['[0, 1]', '[1, 2]', '[0, 4]'])('layers %s are not all', async range => {
    await expect(slice(range)).rejects.toThrow(/merge\.yml: line 7: layers \d to \d of 2: only whole models/);
  });

  test.each([
    'tokenizer_source: base',
    'tokenizer_source: union',
    'tokenizer_source: same',
    'tokenizer: {source: union, pad_to_multiple_of: 4}',
  ])('equal vocabularies: %s', async more => expect((await linear('same', more)).inputs).toHaveLength(2));

  test.each([
    [
      'swapped',
      'tokenizer_source: union',
      /line 4: tokenizer_source: .*swapped has a different vocabulary .*token "b"/,
    ],
    [
      'longer',
      'tokenizer: {source: base}',
      /line 4: tokenizer: .*longer has a different vocabulary .*9 rows, not 8/,
    ],
    ['same', 'tokenizer_source: swapped', /line 4: tokenizer_source: .*swapped has a different vocabulary/],
    ['same', 'tokenizer: {pad_to_multiple_of: 64}', /line 4: tokenizer: .* 8 rows, not a multiple of 64/],
  ])('%s with %s', (model, more, message) => expect(linear(model, more)).rejects.toThrow(message));

  test('all faults name the file', async () => {
    const text = `${'slices: [{sources: [{model: base, layer_range: [0, 3]}]}]'}\nmerge_method: linear\ndtype: int4\nparameters: {weight: 1}`;
    const path = join(folder, 'merge.yml');
    await expect(read(text)).rejects.toThrow(
      new RegExp(`^${path}: line 1: .*\n${path}: line 3: dtype int4.*$`),
    );
  });
});
