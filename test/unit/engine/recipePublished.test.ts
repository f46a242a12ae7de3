/** Recipes in the shapes that public model cards have: accepted if mergekit does, with a note if there is no effect. */
import { describe, expect, test } from 'vitest';
import type { ParameterValue } from '../../../extension/protocol/recipes.ts';
import { readRecipe, simple } from './recipes.ts';

function read(text: string) {
  const notes: string[] = [];
  const recipe = readRecipe(text, { note: line => notes.push(line) });
  return { ...recipe, notes, names: recipe.inputs.map(({ name }) => name) };
}

describe('one slice with all layers', () => {
  test('of slerp, with a gradient for each part', () => {
    const { names, base, parameters, notes } = read(`
slices:
  - sources:
      - model: org/first-7B
        layer_range: [0, 32]
      - model: org/second-7B
        layer_range: [0, 32]
merge_method: slerp
base_model: org/second-7B
parameters:
  t:
    - filter: self_attn
      value: [0.0, 0.5, 0.3, 0.7, 1.0]
    - filter: mlp
      value: [1, 0.5, 0.7, 0.3, 0]
    - value: 0.5
dtype: bfloat16
`);
    expect(names).toEqual(['second-7B', 'first-7B']);
    expect(base).toBe('/recipes/org/second-7B');
    expect(parameters.t).toHaveLength(3);
    expect(notes).toEqual([]);
  });

  test('as mergekit writes it: keys by the alphabet, the base among the sources', () => {
    const { names, inputParameters, parameters } = read(`
base_model: org/base
dtype: bfloat16
merge_method: task_arithmetic
parameters: {normalize: 0.0, int8_mask: 1.0}
slices:
- sources:
  - layer_range: [0, 32]
    model: org/base
  - layer_range: [0, 32]
    model: org/a
    parameters: {weight: 0.5}
  - layer_range: [0, 32]
    model: {model: {path: org/b, revision: main}}
    parameters: {weight: '0.25'}
`);
    expect(names).toEqual(['a', 'b']);
    expect(inputParameters).toEqual([{ weight: 0.5 }, { weight: 0.25 }]);
    expect(parameters).toEqual({ scale: 1, merge: 'sum' });
  });

  test('parameters of the slice count before those of the recipe', () => {
    const { parameters } = read(`
slices:
  - sources: [{model: a, layer_range: [0, 2]}, {model: b, layer_range: [0, 2]}]
    parameters:
      density: [{filter: mlp, value: 0.5}]
      weight: 0.3
    base_model: base
parameters: {density: 0.2, weight: 1, lambda: 0.9}
merge_method: ties
`);
    const density: ParameterValue = [
      { filter: 'mlp', value: 0.5 },
      { filter: undefined, value: 0.2 },
    ];
    expect(parameters).toMatchObject({ density, weight: 0.3, scale: 0.9 });
  });

  test('a base that is no source is not added', () => {
    const { names, base } = read(
      'merge_method: linear\nbase_model: c\nslices: [{sources: [{model: a}, {model: b}]}]\nparameters: {weight: 1}',
    );
    expect([names, base]).toEqual([['a', 'b'], '/recipes/c']);
  });
});

describe('blocks and spellings', () => {
  test.each([
    [
      'nothing in blocks',
      'parameters:\nchat_template: null\ntokenizer:\nmodules: {}\nslices: ~\nlines: {}',
      [],
    ],
    ['a name', 'name: my-merge', ['name has no effect']],
    [
      'a template by name',
      'chat_template: chatml',
      ["chat_template has no effect; the base's template is kept"],
    ],
    [
      'a template as text',
      'chat_template: "{% for m in messages %}{{ m.content }}{% endfor %}"',
      ['chat_template'],
    ],
    [
      'keys of other tools',
      'license: mit\nmodel_name: x\ntags: [merge]',
      ['"license"', '"model_name"', '"tags"'],
    ],
    ['an old key', 'universal_dtype: float16', ['key "universal_dtype" is not known and has no effect']],
    ['a tokenizer', 'tokenizer_source: union', []],
    ['a tokenizer of a model', 'tokenizer_source: model:a', []],
    ['an empty block of a tokenizer', 'tokenizer: {}', []],
    [
      'a block of a tokenizer',
      'tokenizer: {source: {model: {path: a}}, tokens: {}, pad_to_multiple_of: null}',
      [],
    ],
    ['tokens without a source', 'tokenizer: {source: base, tokens: {"<pad>": {}}}', []],
    [
      'parameters of other methods',
      'parameters: {t: 0.5, filter_wise: false, gamma: 0.01}',
      ['no t', 'filter_wise', 'gamma'],
    ],
    [
      'parameters that nobody has',
      'parameters: {some_switch: true}',
      ['parameter "some_switch" is not known'],
    ],
  ] as const)('%s', (_, more, expected) => {
    const { notes } = read(simple('ties', more));
    expect(notes).toHaveLength(expected.length);
    for (const [i, part] of expected.entries()) expect(notes[i]).toContain(part);
  });

  test('models without anything', () => {
    const { names } = read(
      'merge_method: model_stock\nbase_model: {model: {path: b, revision: null}, lora: null}\nmodels:\n  - model: x\n    parameters:\n  - {model: z, parameters: {}}',
    );
    expect(names).toEqual(['x', 'z']);
  });

  test('what stands at a wrong level has no effect, which is said', () => {
    const { notes, parameters } = read(
      'merge_method: ties\nbase_model: b\nmodels:\n  - {model: x, density: 0.5, layer_range: [0, 9], parameters: {weight: 1, normalize: false}}',
    );
    expect(parameters.density).toBe(1);
    expect(notes).toEqual([
      expect.stringMatching(/^line 4: key "density" is not known and has no effect/),
      expect.stringMatching(/^line 4: layer_range has no effect outside of slices/),
      expect.stringMatching(/^line 4: normalize counts for the whole merge and has no effect for one model/),
    ]);
  });

  test.each([
    ['TIES', 'ties'],
    ['Dare-Ties', 'dare_ties'],
    [' task arithmetic ', 'task_arithmetic'],
  ])('method %j', (given, method) => expect(read(simple(`"${given}"`)).method).toBe(method));

  test.each([
    ['torch.bfloat16', 'BF16'],
    ['bf16', 'BF16'],
    ['FP16', 'F16'],
    ['Float32', 'F32'],
  ])('dtype %s', (given, dtype) => expect(read(simple('ties', `dtype: ${given}`)).dtype).toBe(dtype));

  test.each([
    ['{normalize: 1.0}', 'mean'],
    ['{normalize: 0.0}', 'sum'],
    ['{normalize: "false"}', 'sum'],
    ['{normalize: "True"}', 'mean'],
    [
      '{normalize: [{filter: mlp, value: 0}, {value: 0}]}',
      [
        { filter: 'mlp', value: 'sum' },
        { filter: undefined, value: 'sum' },
      ],
    ],
  ])('ties with %s', (given, merge) =>
    expect(read(simple('ties', `parameters: ${given}`)).parameters.merge).toEqual(merge),
  );

  test('switches of our own type', () => {
    expect(read(simple('linear', 'parameters: {normalize: 0, weight: 1}')).parameters.normalize).toBe(false);
    expect(read(simple('multislerp', 'parameters: {normalize_weights: "yes"}')).parameters).toEqual({
      normalize_weights: true,
    });
    expect(
      read(simple('nuslerp', 'parameters: {nuslerp_flatten: 1, nuslerp_row_wise: "no"}')).parameters,
    ).toEqual({});
  });

  test('numbers as text, one rule without a list', () => {
    const { parameters, inputParameters } = read(
      simple(
        'ties',
        'parameters: {lambda: "1e-1", density: {filter: mlp, value: ["0.1", 0.5]}}',
        'parameters: {weight: {value: " .5 "}}',
      ),
    );
    expect(parameters.scale).toBe(0.1);
    expect(parameters.density).toEqual([
      { filter: 'mlp', value: [0.1, 0.5] },
      { filter: undefined, value: 1 },
    ]);
    expect(inputParameters[0]).toEqual({ weight: [{ filter: undefined, value: 0.5 }] });
  });

  test('many steps of karcher', () =>
    expect(read(simple('karcher', 'parameters: {max_iter: 10000, weight: 1}', '')).parameters.max_iter).toBe(
      10_000,
    ));
});

const METHODS: readonly (readonly [string, string, string])[] = [
  ['linear', 'weight: 0.3', 'normalize: true'],
  ['task_arithmetic', 'weight: 1.2', 'lambda: 0.7'],
  ['dare_ties', 'weight: [0, 0.3, 0.7, 1]\n      density: 0.53', 'int8_mask: true\n  normalize: 1'],
  ['dare_linear', 'weight: 0.4\n      density: [0.2, 0.8]', 'rescale: 0'],
  ['della', 'weight: 0.5\n      density: 0.6\n      epsilon: 0.1', 'lambda: 1.0\n  normalize: true'],
  ['della_linear', 'weight: 0.5\n      density: 0.6\n      epsilon: 0.05', 'lambda: 0.9'],
  ['sce', 'weight: 1.0', 'select_topk: 0.1\n  normalize: true'],
  ['model_stock', 'weight: 0.5', 'filter_wise: false\n  normalize: true'],
  ['multislerp', 'weight: 0.5', 'normalize_weights: true\n  eps: 1e-8'],
  ['karcher', 'weight: 1', 'max_iter: 1000\n  tol: 1e-9'],
  ['nuslerp', 'weight: 0.6', 'nuslerp_flatten: true\n  density: 0.5'],
];

test.each(METHODS)('%s with what cards give it', (method, own, shared) => {
  const models = ['a', 'b'].map(name => `  - model: org/${name}\n    parameters:\n      ${own}`);
  const base = method === 'linear' || method === 'karcher' ? '' : 'base_model: org/base\n';
  const text = `models:\n${models.join('\n')}\nmerge_method: ${method}\n${base}parameters:\n  ${shared}\ntokenizer_source: base\ndtype: bfloat16\n`;
  expect(read(text).names).toEqual(['a', 'b']);
});

test('everything that is wrong is told at once, a line each', () => {
  const text = `
merge_method: ties
base_model: base
dytpe: float16
models:
  - model: a
    parameters: {weight: much, desnity: 0.5}
  - model: b
  - {model: a, parameters: {weight: 1}}
parameters:
  lambda: 1
  scale: 2
  rescale: true
out_dtype: int8
tokenizer: {tokens: {x: {source: a}}}
`;
  expect(() => read(text)).toThrow(
    new RegExp(
      [
        'line 4: unknown key "dytpe"; did you mean dtype\\?',
        'line 7: method ties: weight is "much", a number.*',
        'line 7: unknown parameter "desnity"; did you mean density\\?',
        'line 8: weight of b is missing.*',
        'line 9: /recipes/a is listed twice.*',
        'line 12: scale and lambda are the same.*',
        'line 13: rescale: true is not supported.*',
        'line 14: out_dtype int8 is not supported.*',
        'line 15: tokenizer.tokens: embeddings of single tokens.*',
      ].join('\n'),
    ),
  );
});
