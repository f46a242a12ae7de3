import {
  parseRecipe,
  type RecipeHost,
  type RecipeOverrides,
} from '../../../extension/engine/merge/recipe/recipeFile.ts';

export const OVERRIDES: RecipeOverrides = {
  output: '/out',
  overwrite: false,
  resume: false,
  shardBytes: 5e9,
};

export const readRecipe = (text: string, host?: RecipeHost, overrides = OVERRIDES) =>
  parseRecipe(text, '/recipes', overrides, host);

/** A recipe of two models, a and b, on a base; `more` are further lines, from the fourth on. */
export const simple = (method: string, more = '', each = 'parameters: {weight: 1}') =>
  [
    `merge_method: ${method}`,
    'base_model: base',
    `models: [{model: a, ${each}}, {model: b, ${each}}]`,
    more,
  ].join('\n');
