import { expect, test } from 'vitest';
import { LACKING } from '../../../extension/engine/merge/recipe/mergekit.ts';
import { readRecipe as read, simple } from './recipes.ts';

/** Each is refused with a message that names the line, the key and what to do. */

test.each<readonly [string, RegExp]>([
  ['slices: [{sources: []}]\nmerge_method: slerp', /^line 1: slices\[0\]\.sources: is empty/m],
  ['slices: [{}, {}]\nmerge_method: slerp', /^line 1: more than one slice: parts of models are not stacked/m],
  [simple('ties', 'slices: [{sources: [{model: a}]}]'), /^line 4: models and slices are both given/m],
  [simple('ties', 'map: [a]'), /^line 4: map: patterns of names and their replacements were expected/m],
  [simple('ties', 'map: {"a(": b}'), /^line 4: map\.a\(: not a valid regular expression/m],
  [simple('ties', 'map: {a: 1}'), /^line 4: map\.a: text was expected/m],
  ['merge_method: ties\nmodules: {default: {}}', /^line 2: modules are not supported; give each module/m],
  [
    simple('ties', 'tokenizer: {tokens: {x: {source: a}}}'),
    /^line 4: tokenizer\.tokens: embeddings of single tokens \(x\) cannot be chosen/m,
  ],
  [simple('ties', 'tokenizer_source: base\ntokenizer: {}'), /^line 5: tokenizer and tokenizer_source say/m],
  [simple('ties', 'dtpye: float32'), /^line 4: unknown key "dtpye"; did you mean dtype\?/m],
  [simple('ties', 'shard_size: big'), /^line 4: shard_size: a size was expected/m],
  [simple('ties', 'reference: c'), /^line 4: reference and base_model are the same here/m],
  [simple('ties', 'dtype: float64'), /^line 4: dtype float64 is not supported; available: float32, float16/m],
  [simple('ties', 'out_dtype: int8'), /^line 4: out_dtype int8 is not supported/m],
  [simple('ties', 'base_modle: x'), /^line 4: unknown key "base_modle"; did you mean base_model\?/m],
  [
    simple('ties', '', 'parameter: {weight: 1}'),
    /^line 3: unknown key "parameter"; did you mean parameters\?/m,
  ],
  [simple('ties', 'lines: {alpha: 1, bata: 2}'), /^line 4: unknown key "bata"; did you mean beta\?/m],
  [simple('ties', 'lines: {alpha: 1}'), /^line 4: lines\.beta: is missing/m],
  [simple('ties', 'lines: {alpha: 1, beta: 2, betta: 3}'), /^line 4: unknown key "betta"/m],
  [
    'merge_method: linear\nmodels: [{model: a}]\nparameters: {weight: 1}\nlines: {alpha: 1, beta: 2}',
    /^line 4: lines scales task vectors .* linear merges whole/m,
  ],
  ['merge_method: ties', /^line 1: models: is missing/m],
  ['merge_method: ties\nmodels: []', /^line 2: models: is empty/m],
  ['merge_method: ties\nmodels: [{model: 2024-01-01}]', /^line 2: models\[0\]\.model: text \(in quotes/m],
  ['merge_method: ties\nmodels: [{model: {pat: x}}]', /^line 2: models\[0\]\.model: a path was expected/m],
  ['merge_method: ties\nmodels: [a]', /^line 2: models\[0\]: an entry such as `model: PATH` was expected/m],
  ['- a', /^line 1: a map with models and merge_method was expected/m],
  ['', /^line 1: a map with models/m],
  [simple('tise'), /^line 1: no merge method "tise"; did you mean ties\?/m],
  ...Object.keys(LACKING).map(name => [simple(name), new RegExp(`^line 1: ${name} `)] as const),
  [
    simple('breadcrumbs', 'parameters: {density: 0.9, gamma: 0.01}'),
    /^line 1: breadcrumbs with mergekit's density/m,
  ],
  [simple('breadcrumbs', 'parameters: {gamma: 0.01}'), /^line 1: .* give beta/m],
])('%j', (text, message) => expect(() => read(text)).toThrow(message));

test.each([
  ['linear', 'parameters: {weight: 1000}', /^line 4: method linear: weight is 1000, [^\n]*$/],
  ['breadcrumbs', 'parameters: {density: 0.9, gamma: 0.01}', /^line 1: breadcrumbs with mergekit's [^\n]*$/],
])('%s: one fault is one line, and no word of it is a second time: %s', (name, more, message) => {
  let said = '';
  try {
    read(simple(name, more, ''));
  } catch (error) {
    said = (error as Error).message;
  }
  expect(said).toMatch(message);
});

test.each([
  ['ties', '{desnity: 1}', /^line 4: unknown parameter "desnity"; did you mean density\?/m],
  ['linear', '{wieght: 1}', /^line 4: unknown parameter "wieght"; did you mean weight\?/m],
  ['ties', '{lambda: 1, scale: 1}', /^line 4: scale and lambda are the same/m],
  ['ties', '{rescale: true}', /^line 4: rescale: true is not supported; what the trim leaves/m],
  ['nuslerp', '{nuslerp_flatten: false}', /^line 4: nuslerp_flatten: false is not supported; angles/m],
  ['nuslerp', '{nuslerp_row_wise: true}', /^line 4: nuslerp_row_wise: true is not supported/m],
  ['multislerp', '{eps: 0.1}', /^line 4: eps: 0\.1 is not supported/m],
  ['ties', '{density: .inf}', /density is Infinity, a number was expected/],
  ['ties', '{density: .nan}', /density is NaN, a number was expected/],
  ['ties', '{density: 1e400}', /density is Infinity, a number was expected/],
  ['ties', '{density: high}', /^line 4: method ties: density is "high", a number was expected/m],
  ['ties', '{density: 2}', /^line 4: method ties: density is 2, a value from 0 to 1/m],
  ['ties', '{lambda: true}', /^line 4: method ties: lambda is true, a number/m],
  ['ties', '{normalize: maybe}', /^line 4: method ties: normalize is "maybe", mean or sum/m],
  ['ties', '{density: }', /^line 4: density has no value/m],
  ['ties', '{density: []}', /^line 4: density has no value/m],
  ['ties', '{density: [1, {value: 2}]}', /^line 4: density: a list holds either values or rules/m],
  ['ties', '{density: [1, x]}', /^line 4: density: a gradient is a list of numbers/m],
  [
    'ties',
    '{normalize: [true, false]}',
    /^line 4: normalize: a gradient .* for different values in some layers write rules/m,
  ],
  ['ties', '{density: {fliter: mlp, value: 1}}', /^line 4: density: unknown key "fliter"/m],
  [
    'ties',
    '{density: [{fliter: mlp, value: 1}]}',
    /^line 4: density: unknown key "fliter"; did you mean filter/m,
  ],
  ['ties', '{density: [{filter: 3, value: 1}]}', /^line 4: density: filter: a part of a tensor's name/m],
  ['ties', '{density: [{filter: mlp}]}', /^line 4: density has no value/m],
  ['ties', '[1]', /^line 4: parameters: a map of parameters was expected/m],
])('%s with parameters %s', (method, parameters, message) => {
  expect(() => read(simple(method, `parameters: ${parameters}`))).toThrow(message);
});

test.each([
  [
    simple('model_stock', 'parameters: {filter_wise: true}', ''),
    /^line 4: filter_wise: true is not supported/m,
  ],
  [simple('ties', '', ''), /^line 3: weight of a is missing; method ties needs it, as in mergekit/m],
  [
    'merge_method: slerp\nbase_model: a\nmodels: [{model: b}]',
    /^line 1: t is missing; method slerp needs it/m,
  ],
  ['merge_method: ties\nmodels: [{model: a}]', /^line 1: base_model is missing; method ties needs it/m],
  ['merge_method: slerp\nmodels: [{model: a}, {model: b}]', /^line 1: base_model is missing; method slerp/m],
  [
    'merge_method: slerp\nbase_model: c\nmodels: [{model: a}, {model: b}]\nparameters: {t: 1}',
    /^line 3: method slerp merges exactly 2 models; here: c, a, b/m,
  ],
  [
    'merge_method: nuslerp\nbase_model: a\nmodels: [{model: a}, {model: b}]\nparameters: {weight: 1}',
    /^line 3: method nuslerp merges exactly 2 models beside base_model; here: b/m,
  ],
  ['merge_method: ties\nbase_model: a\nmodels: [{model: a}]', /^line 3: .* at least 1 .* here: none/m],
  [
    'merge_method: linear\nmodels: [{model: a.tvq}]',
    /^line 2: base_model is missing; task vectors in \.tvq/m,
  ],
  ['merge_method: ties\nbase_model: a.tvq\nmodels: [{model: b}]', /^line 2: base_model is a \.tvq file/m],
  ['merge_method: ties\nmodels: [{model: b, task: x}]', /^line 2: only \.tvq files have tasks/m],
  [
    'merge_method: ties\nmodels: [{model: b.tvq, name: x}]',
    /^line 2: all tasks of the file keep their names/m,
  ],
  ['merge_method: ties\nmodels: [{model: b, name: a/b}]', /^line 2: name: "a\/b" is not a valid name/m],
  [
    'merge_method: ties\nmodels:\n- {model: a, name: x}\n- {model: b, name: x}',
    /^line 4: two models are named "x"/m,
  ],
  ['merge_method: ties\nmodels:\n- model: a\n- model: ./a', /^line 4: \/recipes\/a is listed twice/m],
])('%j', (text, message) => expect(() => read(text)).toThrow(message));

test.each([
  ['org/model-7B', /^line 2: .* run `hf download org\/model-7B --local-dir model-7B`/m],
  ['org/model@v1', /`hf download org\/model --revision v1 --local-dir model`/],
  ['org/model@refs/pr/5', /`hf download org\/model --revision refs\/pr\/5 --local-dir model`/],
  ['base+adapter', /^line 2: there is no such file or folder: \/recipes\/base$/m],
  ['/no/such/place', /^line 2: there is no such file or folder: \/no\/such\/place/m],
])('a model that is not there: %s', (model, message) => {
  const text = `merge_method: linear\nmodels: [{model: ${model}}]`;
  expect(() => read(text, { exists: () => false })).toThrow(message);
});

test.each([
  ['a: 1\na: 2', /^line 2: Map keys must be unique/m],
  ['a: !custom 1', /^line 1: Unresolved tag: !custom/m],
  ['a: 1\n---\nb: 2', /^line 2: a second document begins here/m],
  ['a:\n  - [1', /^line 2: Flow sequence/m],
  ['a: *b', /^Unresolved alias/],
  ['? [1]\n: 2', /^line 1: .*keys must be strings/m],
  [`\n${'['.repeat(1e5)}`, /^line 2: this is nested too deeply/m],
  ['- '.repeat(5e4), /^line 1: this is nested too deeply/m],
  ['# '.repeat(1e5), /^it is larger than/],
  // took the parser seconds, and grew with the square of its length
  [`a: "x"{\n${'{"a":'.repeat(2e4)}`, /^line 2: this is not YAML; is this the right file\?/m],
  [
    `a: &a [1,1,1,1,1,1,1,1,1]\n${[...'bcdefgh'].map((c, i) => `${c}: &${c} [${`*${'abcdefg'[i]},`.repeat(9)}]`).join('\n')}`,
    /^Excessive alias count/,
  ],
])('YAML that is no recipe', (text, message) => expect(() => read(text)).toThrow(message));
