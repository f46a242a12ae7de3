/** mergekit's spellings of a model with an adapter. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { absolute, partsOf, relativeTo } from '../../../extension/engine/match/openNamed.ts';
import { parseRecipe } from '../../../extension/engine/merge/recipe/recipeFile.ts';
import { temporaryFolder } from '../../temporary.ts';

const OVERRIDES = { output: 'out', overwrite: false, resume: false };
const folder = await temporaryFolder();
beforeAll(async () => {
  for (const name of ['base', 'lora', 'c++']) await mkdir(join(folder, name));
});

test.each([
  '{model: base+lora}',
  '{model: {model: base, lora: lora}}',
  '{model: {model: {path: base}, lora: lora}}',
])('%s', model => {
  const { inputs } = parseRecipe(
    `merge_method: linear
parameters: {weight: 1}
models: [${model}]`,
    folder,
    OVERRIDES,
    { exists: existsSync },
  );
  expect(inputs).toMatchObject([{ name: 'lora', path: `${join(folder, 'base')}+${join(folder, 'lora')}` }]);
});

test('a plus may be part of a name', () => {
  expect(partsOf(join(folder, 'c++'))).toEqual([join(folder, 'c++')]);
  expect(absolute('c++', folder)).toBe(join(folder, 'c++'));
});

test('each path is relative to a folder', () => {
  const name = absolute('base+lora', folder);
  expect(relativeTo(join(folder, 'out'), name)).toBe(join('..', 'base') + '+' + join('..', 'lora'));
});
