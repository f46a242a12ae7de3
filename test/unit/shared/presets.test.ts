import { expect, test } from 'vitest';
import { parseQuantizeRecipe } from '../../../extension/protocol/recipeSchemas.ts';
import { parseBudget } from '../../../extension/shared/allocation/index.ts';
import { DEFAULT_PRESET, presetNamed, PRESETS } from '../../../extension/shared/presets.ts';

test.each(PRESETS)('$name makes a recipe', ({ name, settings }) => {
  const tasks = [{ name: 't', path: 't' }];
  const recipe = {
    kind: 'quantize',
    base: 'b',
    tasks,
    output: 'o.tvq',
    keep: [],
    overwrite: false,
    ...settings,
  };
  expect(parseQuantizeRecipe(recipe)).toEqual(recipe);
  if (settings.budget !== undefined) expect(parseBudget(settings.budget).kind).toBe('codes');
  expect(presetNamed(name).settings).toBe(settings);
});

test('the default is the first that is offered', () => {
  expect(PRESETS[0]?.name).toBe(DEFAULT_PRESET);
});
