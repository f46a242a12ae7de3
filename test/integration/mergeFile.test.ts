/** `merge -o model.safetensors`: one file, and nothing beside it. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { MergeInput, MergeRecipe } from '../../extension/protocol/recipes.ts';
import { fixture } from '../checkpoints.ts';
import { LLAMA_TASKS, merge, mergeRecipe, tensorsOf } from '../engine.ts';
import { temporaryFolder } from '../temporary.ts';

const folder = await temporaryFolder();
const inputs = LLAMA_TASKS.map((task): MergeInput => ({ ...task, task: undefined }));
let made = 0;
const recipe = async (method = 'task_arithmetic', changes: Partial<MergeRecipe> = {}) => {
  const own = join(folder, String(made++));
  await mkdir(own);
  return mergeRecipe(join(own, 'model.safetensors'), method, inputs, {
    base: fixture('llama/base'),
    inputParameters: inputs.map(() => ({})),
    ...changes,
  });
};

test('has the tensors of the folder, and stands alone', async () => {
  const asked = await recipe();
  const { output, files, bytes } = await merge(asked);
  expect([output, files]).toEqual([asked.output, ['model.safetensors']]);
  expect(await readdir(dirname(output))).toEqual(['model.safetensors']);
  expect((await readFile(output)).length).toBe(bytes);
  const whole = join(dirname(output), 'folder');
  await merge({ ...asked, output: whole });
  expect(await tensorsOf(output)).toEqual(await tensorsOf(whole));
});

test('is replaced only when asked, and whole', async () => {
  const asked = await recipe();
  await writeFile(asked.output, 'mine');
  await expect(merge(asked)).rejects.toThrow(/model\.safetensors: already exists/);
  expect(await readFile(asked.output, 'utf8')).toBe('mine');
  await merge({ ...asked, overwrite: true });
  expect((await tensorsOf(asked.output)).size).toBeGreaterThan(0);
  expect(await readdir(dirname(asked.output))).toEqual([basename(asked.output)]);
});

test('does not replace a folder', async () => {
  const asked = await recipe('ties', { overwrite: true });
  await mkdir(asked.output);
  await expect(merge(asked)).rejects.toThrow(
    /model\.safetensors: is a folder, which a file would replace; it is not replaced/,
  );
});

test('cannot have a model for each input', async () => {
  const asked = await recipe('emr');
  await expect(merge(asked)).rejects.toThrow(/a model is written for each input; name a folder/);
  expect(await readdir(dirname(asked.output))).toEqual([]);
});

test('is written from the beginning, whatever its size', async () => {
  const { warnings, files } = await merge(await recipe('ties', { resume: true, shardBytes: 1000 }));
  expect(files).toHaveLength(1);
  expect(warnings).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/to resume has no effect/),
      expect.stringMatching(/size of weight files has no effect/),
    ]),
  );
});
