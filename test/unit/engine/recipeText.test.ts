/** What is written beside a model is read back as the same merge, for every method and every way to give a base. */
import { join, resolve as resolvePath } from 'node:path';
import { describe, expect, test } from 'vitest';
import { resolve } from '../../../extension/engine/merge/recipe/parameters.ts';
import { parseRecipe } from '../../../extension/engine/merge/recipe/recipeFile.ts';
import { recipeText } from '../../../extension/engine/merge/recipe/recipeText.ts';
import { METHODS } from '../../../extension/engine/merge/methods/registry.ts';
import type { MergeMethod } from '../../../extension/engine/merge/methods/method.ts';
import type { MergeInput, MergeRecipe, ParameterValue } from '../../../extension/protocol/recipes.ts';

const OUTPUT = resolvePath('/work space/out');
const OVERRIDES = { output: OUTPUT, overwrite: false, resume: false };
const at = (name: string) => resolvePath('/models', name);
const model = (name: string): MergeInput => ({ name, path: at(name), task: undefined });
const task = (name: string): MergeInput => ({ name: `my-${name}`, path: at('tasks.tvq'), task: name });

const PLACES = ['model.layers.0.mlp.up.weight', 'model.layers.3.attn.q.weight', 'lm_head.weight'].flatMap(
  tensor => [0, 0.25, 1].map(depth => ({ tensor, depth })),
);

/** Everything that determines the bytes: parameters as resolved for tensors. */
function decisive(recipe: MergeRecipe, method: MergeMethod) {
  const { base, inputs, lines, dtype, onMismatch, map, allowNonfinite, shardBytes, compare } = recipe;
  const perInput = method.parameters.filter(parameter => parameter.perInput);
  return {
    base: base === undefined ? undefined : resolvePath(base),
    inputs: inputs.map(input => ({ ...input, path: resolvePath(input.path) })),
    lines,
    dtype,
    onMismatch,
    map,
    allowNonfinite,
    shardBytes,
    compare: compare.map(one => ({ ...one, path: resolvePath(one.path) })),
    method: recipe.method,
    values: PLACES.map(place => [
      resolve(method.parameters, [recipe.parameters], place),
      ...inputs.map((_, i) => resolve(perInput, [recipe.inputParameters[i] ?? {}, recipe.parameters], place)),
    ]),
  };
}

const rules = (value: ParameterValue): ParameterValue => [
  { filter: 'mlp', value: value as number },
  { filter: 'attn', value: [0.1, 0.4] },
];

/** Values other than the defaults: gradients, rules for some tensors, all choices. */
function parametersOf({ parameters }: MergeMethod): Record<string, ParameterValue> {
  return Object.fromEntries(
    parameters.map(({ name, type, default: standard, choices = [] }, i) => {
      if (type === 'boolean') return [name, !standard];
      if (type === 'choice') return [name, choices.at(-1) as string];
      if (type === 'integer') return [name, (standard as number) + 1];
      return [name, i % 2 ? [0.125, 0.4, 0.25] : rules(0.375)];
    }),
  );
}

const WAYS: readonly (readonly [string, Partial<MergeRecipe> & Pick<MergeRecipe, 'inputs'>])[] = [
  ['without a base', { inputs: [model('a'), model('b'), model('c')] }],
  ['with a base', { base: at('base'), inputs: [model('a'), model('b'), model('c')] }],
  ['with a base that is an input', { base: at('a'), inputs: [model('a'), model('b'), model('c')] }],
  ['with a base that is a later input', { base: at('b'), inputs: [model('a'), model('b'), model('c')] }],
  ['with one model twice', { base: at('base'), inputs: [model('a'), { ...model('a'), name: 'again' }] }],
  ['with one model twice and no base', { inputs: [model('a'), { ...model('a'), name: 'again' }] }],
  ['with the base twice', { base: at('a'), inputs: [model('a'), { ...model('a'), name: 'again' }] }],
  ['with tasks', { base: at('base'), inputs: [task('code'), task('math'), task('chat')] }],
  ['with tasks and their base', { base: at('base'), inputs: [task('code'), model('base')] }],
  ['with the base and its tasks', { base: at('base'), inputs: [model('base'), task('code')] }],
];

/** Whether a method can be used in this way. */
const fits = (method: MergeMethod, { base, inputs }: Partial<MergeRecipe>): boolean =>
  (base !== undefined || method.base !== 'required') &&
  (method.maximumInputs ?? Infinity) >= Math.min(inputs?.length ?? 0, 2);

describe.each(METHODS.map(method => [method.name, method] as const))('%s', (_, method) => {
  test.each(WAYS.filter(([, way]) => fits(method, way)))('%s', (_way, { inputs: given, ...way }) => {
    const inputs = given.slice(0, method.maximumInputs);
    const recipes: Partial<MergeRecipe>[] = [
      {},
      {
        parameters: parametersOf(method),
        inputParameters: inputs.map((_input, i) =>
          Object.fromEntries(
            method.parameters
              .filter(({ perInput }) => perInput && i !== 1)
              .map(({ name }) => [name, i === 0 ? [{ filter: 'mlp', value: 0.45 }] : 0.2]),
          ),
        ),
        dtype: 'BF16',
        onMismatch: 'skip',
        map: [
          { from: '^transformer\\.(?=h)', to: '' },
          { from: 'h\\.(\\d+)', to: 'layers.$1' },
        ],
        allowNonfinite: true,
        shardBytes: 123_456,
        lines: method.family === 'vectors' ? { alpha: 0.2, beta: 1e-7 } : undefined,
        compare: [{ name: 'my-code', path: at('code') }],
      },
    ];
    for (const change of recipes) {
      const recipe: MergeRecipe = {
        kind: 'merge',
        base: undefined,
        inputs,
        method: method.name,
        parameters: {},
        inputParameters: inputs.map(() => ({})),
        lines: undefined,
        dtype: undefined,
        onMismatch: 'error',
        allowNonfinite: false,
        shardBytes: 5e9,
        text: undefined,
        compare: [],
        ...OVERRIDES,
        ...way,
        ...change,
      };
      const text = recipeText(recipe, method, OUTPUT);
      expect(text).not.toMatch(/: \/models/); // a card should not reveal local paths
      const back = parseRecipe(text, OUTPUT, OVERRIDES);
      const expected = decisive(recipe, method);
      // slerp's first model becomes base_model: config and dtypes come from it anyway.
      const first = back.base === inputs[0]?.path ? back.base : undefined;
      expect(decisive(back, method)).toEqual({ ...expected, base: expected.base ?? first });
      // Read and written once more, elsewhere, it is still the same.
      const moved = recipeText(back, method, resolvePath('/elsewhere'));
      expect(decisive(parseRecipe(moved, resolvePath('/elsewhere'), OVERRIDES), method)).toEqual(
        decisive(back, method),
      );
    }
  });
});

describe('a recipe that came from a file', () => {
  const FOLDER = resolvePath('/recipes');
  const ties = METHODS.find(({ name }) => name === 'ties') as MergeMethod;
  const write = (text: string, changes: Partial<MergeRecipe> = {}, folder = OUTPUT) =>
    recipeText({ ...parseRecipe(text, FOLDER, OVERRIDES), ...changes }, ties, folder);
  const text = [
    '# made by hand',
    'merge_method: ties',
    'base_model: &base ../models/base # the old one',
    'models:',
    '  - model: "a b"   # ours',
    '    parameters: {weight: 0.50}',
    '  - model: {model: {path: sub/yes}}',
    '    parameters: {weight: .5}',
    'tokenizer_source: *base',
    'dtype: float16',
    '',
  ].join('\n');

  test('keeps its comments, and its paths lead to the same places', () => {
    const written = write(text);
    expect(written).toContain('# made by hand');
    expect(written).toContain('base_model: &base ../../models/base # the old one');
    expect(written).toContain('model: "../../recipes/a b" # ours');
    expect(written).toContain('path: ../../recipes/sub/yes');
    expect(written).toContain('tokenizer_source: *base');
    const { base, inputs } = parseRecipe(written, OUTPUT, OVERRIDES);
    expect([base, ...inputs.map(({ path }) => path)]).toEqual([
      at('base'),
      join(FOLDER, 'a b'),
      join(FOLDER, 'sub', 'yes'),
    ]);
  });

  test('is kept word for word where nothing has to change', () => expect(write(text, {}, FOLDER)).toBe(text));

  test('has what the command line said', () => {
    const written = write(text, {
      dtype: 'BF16',
      shardBytes: 1000,
      compare: [{ name: 'x', path: at('x') }],
    });
    const { dtype, shardBytes, compare } = parseRecipe(written, OUTPUT, OVERRIDES);
    expect([dtype, shardBytes, compare]).toEqual(['BF16', 1000, [{ name: 'x', path: at('x') }]]);
  });

  test('is written out where a path came out of a merge key', () => {
    const merged =
      'merge_method: ties\nbase_model: b\nmodels:\n  - &one {model: a, parameters: {weight: 1}}\n  - {<<: *one, name: c}';
    const { inputs } = parseRecipe(write(merged), OUTPUT, OVERRIDES);
    expect(inputs).toEqual([
      { name: 'a', path: join(FOLDER, 'a'), task: undefined },
      { name: 'c', path: join(FOLDER, 'a'), task: undefined },
    ]);
  });
});
