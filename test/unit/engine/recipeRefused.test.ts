import { expect, test } from 'vitest';
import { LACKING } from '../../../extension/engine/merge/recipe/mergekit.ts';
import { readRecipe as read, simple } from './recipes.ts';

/** Each is refused with a message that names the line, the key and what to do. */

test.each<readonly [string, RegExp]>([
  ['slices:\n  - sources: []\nmerge_method: slerp', /^line 1: slices .* list its sources under `models`/],
  ['merge_method: ties\nmodules: {}', /^line 2: modules are not supported; give each module/],
  [simple('ties', 'tokenizer: {source: union}'), /^line 4: tokenizer blocks are not supported/],
  [simple('ties', 'chat_template: auto'), /^line 4: chat_template is not supported/],
  [
    simple('ties', 'tokenizer_source: union'),
    /^line 4: tokenizer_source union is not supported; only base is/,
  ],
  [simple('ties', 'dtype: float64'), /^line 4: dtype float64 is not supported; there are float32, float16/],
  [simple('ties', 'out_dtype: int8'), /^line 4: out_dtype int8 is not supported/],
  [simple('ties', 'base_modle: x'), /^line 4: unknown key "base_modle"; did you mean base_model\?/],
  [simple('ties', 'zzzzzzzz: x'), /^line 4: unknown key "zzzzzzzz"; there are models, base_model/],
  [
    simple('ties', '', 'parameter: {weight: 1}'),
    /^line 3: unknown key "parameter"; did you mean parameters\?/,
  ],
  [simple('ties', 'lines: {alpha: 1, bata: 2}'), /^line 4: unknown key "bata"; did you mean beta\?/],
  [simple('ties', 'lines: {alpha: 1}'), /^line 4: lines\.beta: is missing/],
  [simple('ties', 'lines: {alpha: 1, beta: 2, gama: 3}'), /^line 4: unknown key "gama"/],
  [
    'merge_method: linear\nmodels: [{model: a}]\nparameters: {weight: 1}\nlines: {alpha: 1, beta: 2}',
    /^line 4: lines scales task vectors .* linear merges whole/,
  ],
  ['merge_method: ties', /^line 1: models: is missing/],
  ['merge_method: ties\nmodels: []', /^line 2: models: is empty/],
  ['merge_method: ties\nmodels: [{model: 2024-01-01}]', /^line 2: models\[0\]\.model: text \(in quotes/],
  ['merge_method: ties\nmodels: [{model: {path: x}}]', /^line 2: models\[0\]\.model: text/],
  ['merge_method: ties\nmodels: [a]', /^line 2: models\[0\]: an entry such as `model: PATH` was expected/],
  ['- a', /^line 1: a map with models and merge_method was expected/],
  ['', /^line 1: a map with models/],
  [simple('tise'), /^line 1: no merge method "tise"; did you mean ties\?/],
  ...Object.keys(LACKING).map(name => [simple(name), new RegExp(`^line 1: ${name} `)] as const),
  [
    simple('breadcrumbs', 'parameters: {density: 0.9, gamma: 0.01}'),
    /^line 1: breadcrumbs with mergekit's density/,
  ],
  [simple('breadcrumbs', 'parameters: {gamma: 0.01}'), /^line 1: .* give beta/],
])('%j', (text, message) => expect(() => read(text)).toThrow(message));

test.each([
  ['ties', '{desnity: 1}', /^line 4: unknown parameter "desnity"; did you mean density\? \(method ties\)/],
  ['linear', '{density: 1}', /^line 4: unknown parameter "density"; there are weight, normalize/],
  ['ties', '{lambda: 1, scale: 1}', /^line 4: scale and lambda are the same/],
  ['ties', '{rescale: true}', /^line 4: rescale: true is not supported; what the trim leaves/],
  ['nuslerp', '{nuslerp_flatten: false}', /^line 4: nuslerp_flatten: false is not supported; angles/],
  ['nuslerp', '{nuslerp_row_wise: true}', /^line 4: nuslerp_row_wise: true is not supported/],
  ['multislerp', '{eps: 0.1}', /^line 4: eps: 0\.1 is not supported/],
  ['ties', '{density: high}', /^line 4: method ties: density is "high", a number was expected/],
  ['ties', '{density: 2}', /^line 4: method ties: density is 2, a value from 0 to 1/],
  ['ties', '{lambda: true}', /^line 4: method ties: lambda is true, a number/],
  ['ties', '{normalize: maybe}', /^line 4: method ties: normalize is "maybe", mean or sum/],
  ['ties', '{density: }', /^line 4: density has no value/],
  ['ties', '{density: []}', /^line 4: density has no value/],
  ['ties', '{density: [1, {value: 2}]}', /^line 4: density: a list holds either values or rules/],
  ['ties', '{density: [1, x]}', /^line 4: density: a gradient is a list of numbers/],
  [
    'ties',
    '{normalize: [true, false]}',
    /^line 4: normalize: a gradient .* for other values in some layers write rules/,
  ],
  ['ties', '{density: {filter: mlp, value: 1}}', /^line 4: density: write rules as a list/],
  [
    'ties',
    '{density: [{fliter: mlp, value: 1}]}',
    /^line 4: density: unknown key "fliter"; did you mean filter/,
  ],
  ['ties', '{density: [{filter: 3, value: 1}]}', /^line 4: density: filter: a part of a tensor's name/],
  ['ties', '{density: [{filter: mlp}]}', /^line 4: density has no value/],
  ['ties', '[1]', /^line 4: parameters: a map of parameters was expected/],
])('%s with parameters %s', (method, parameters, message) => {
  expect(() => read(simple(method, `parameters: ${parameters}`))).toThrow(message);
});

test.each([
  [
    simple('model_stock', 'parameters: {filter_wise: true}', ''),
    /^line 4: filter_wise: true is not supported/,
  ],
  [simple('ties', '', ''), /^line 3: weight of a is missing; method ties needs it, as in mergekit/],
  [
    simple('ties', '', 'parameters: {normalize: true}'),
    /^line 3: normalize counts for the whole merge; move it/,
  ],
  [
    'merge_method: slerp\nbase_model: a\nmodels: [{model: b}]',
    /^line 1: t is missing; method slerp needs it/,
  ],
  ['merge_method: ties\nmodels: [{model: a}]', /^line 1: base_model is missing; method ties needs it/],
  ['merge_method: slerp\nmodels: [{model: a}, {model: b}]', /^line 1: base_model is missing; method slerp/],
  [
    'merge_method: slerp\nbase_model: c\nmodels: [{model: a}, {model: b}]\nparameters: {t: 1}',
    /^line 3: method slerp merges exactly 2 models; here: c, a, b/,
  ],
  [
    'merge_method: nuslerp\nbase_model: a\nmodels: [{model: a}, {model: b}]\nparameters: {weight: 1}',
    /^line 3: method nuslerp merges exactly 2 models beside base_model; here: b/,
  ],
  ['merge_method: ties\nbase_model: a\nmodels: [{model: a}]', /^line 3: .* at least 1 .* here: none/],
  ['merge_method: linear\nmodels: [{model: a.tvq}]', /^line 2: base_model is missing; task vectors in \.tvq/],
  ['merge_method: ties\nbase_model: a.tvq\nmodels: [{model: b}]', /^line 2: base_model is a \.tvq file/],
  ['merge_method: ties\nmodels: [{model: b, task: x}]', /^line 2: only \.tvq files have tasks/],
  [
    'merge_method: ties\nmodels: [{model: b.tvq, name: x}]',
    /^line 2: all tasks of the file keep their names/,
  ],
  ['merge_method: ties\nmodels: [{model: b, name: a/b}]', /^line 2: name: "a\/b" is no name/],
  [
    'merge_method: ties\nmodels:\n- {model: a, name: x}\n- {model: b, name: x}',
    /^line 4: two models are named "x"/,
  ],
  ['merge_method: ties\nmodels:\n- model: a\n- model: ./a', /^line 4: \/recipes\/a is listed twice/],
])('%j', (text, message) => expect(() => read(text)).toThrow(message));

test.each([
  ['org/model-7B', /^line 2: .* run `hf download org\/model-7B --local-dir model-7B`/],
  ['org/model@v1', /`hf download org\/model --revision v1 --local-dir model`/],
  ['org/model@refs/pr/5', /`hf download org\/model --revision refs\/pr\/5 --local-dir model`/],
  ['base+adapter', /^line 2: "base\+adapter": model\+LoRA is not supported; merge the adapter/],
  ['/no/such/place', /^line 2: there is no such file or folder: \/no\/such\/place/],
])('a model that is not there: %s', (model, message) => {
  const text = `merge_method: linear\nmodels: [{model: ${model}}]`;
  expect(() => read(text, { exists: () => false })).toThrow(message);
});

test.each([
  ['a: 1\na: 2', /^line 2: Map keys must be unique/],
  ['a: !custom 1', /^line 1: Unresolved tag: !custom/],
  ['a: 1\n---\nb: 2', /^line 2: a second document begins here/],
  ['a:\n  - [1', /^line 2: Flow sequence/],
  ['a: *b', /^Unresolved alias/],
  ['? [1]\n: 2', /^line 1: .*keys must be strings/],
  [`\n${'['.repeat(1e5)}`, /^line 2: this nests deeper/],
  ['- '.repeat(5e4), /^line 1: this nests deeper/],
  ['# '.repeat(1e5), /^it is larger than/],
  [
    `a: &a [1,1,1,1,1,1,1,1,1]\n${[...'bcdefgh'].map((c, i) => `${c}: &${c} [${`*${'abcdefg'[i]},`.repeat(9)}]`).join('\n')}`,
    /^Excessive alias count/,
  ],
])('YAML that is no recipe', (text, message) => expect(() => read(text)).toThrow(message));
