import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { readRecipeFile } from '../../extension/engine/merge/recipeFile.ts';
import { fixture } from '../checkpoints.ts';
import { quantize, recipe } from '../engine.ts';
import { temporaryFolder } from '../temporary.ts';

const folder = await temporaryFolder();
const file = join(folder, 'llama.tvq');
beforeAll(() => quantize(recipe(file, { scheme: 'tvq' })));

const read = async (models: string) => {
  const path = join(folder, 'merge.yml');
  const lines = ['merge_method: magmax', `base_model: ${fixture('llama/base')}`, `models: [${models}]`];
  await writeFile(path, lines.join('\n'));
  return readRecipeFile(path, { output: 'out', overwrite: false, resume: false, shardBytes: 5e9 });
};

test('a .tvq file without a task stands for all of its tasks', async () => {
  const { inputs, inputParameters } = await read('{model: llama.tvq, parameters: {weight: 2}}');
  expect(inputs).toEqual(['code', 'math', 'chat'].map(task => ({ name: task, path: file, task })));
  expect(inputParameters).toEqual([{ weight: 2 }, { weight: 2 }, { weight: 2 }]);
});

test('a file that is no .tvq file', async () => {
  await writeFile(join(folder, 'fake.tvq'), 'no tensors at all');
  await expect(read('{model: fake.tvq}')).rejects.toThrow(join(folder, 'fake.tvq'));
});
