import { expect, test } from 'vitest';
import { MERGEKIT } from '../../../extension/engine/merge/recipe/mergekit.ts';
import { METHODS } from '../../../extension/engine/merge/methods/registry.ts';
import { readRecipe as read, simple } from './recipes.ts';

test.each(Object.entries(MERGEKIT))('what %s is translated to exists', (name, { rows, fixed = {} }) => {
  const parameters = METHODS.find(method => method.name === name)?.parameters.map(known => known.name);
  for (const { to } of Object.values(rows)) if (to !== undefined) expect(parameters).toContain(to);
  for (const key of Object.keys(fixed)) expect(parameters).toContain(key);
});

test.each([
  ['ties', '{normalize: false, rescale: false}', { merge: 'sum', density: 1, scale: 1, trim: 'tensor' }],
  ['ties', '{normalize: 0, trim: global, scale: 2}', { merge: 'sum', density: 1, scale: 2, trim: 'global' }],
  ['ties', '{merge: sum}', { merge: 'sum', density: 1, scale: 1, trim: 'tensor' }],
  ['dare_linear', '', { merge: 'sum', density: 1, scale: 1, rescale: 'l1' }],
  ['dare_linear', '{rescale: false}', { merge: 'sum', density: 1, scale: 1, rescale: 'none' }],
  [
    'dare_ties',
    '{rescale: density, seed: 7}',
    { merge: 'sum', density: 1, scale: 1, rescale: 'density', seed: 7 },
  ],
  ['della', '', { merge: 'mean', density: 1, scale: 1, epsilon: 0.15, rescale: 'l1' }],
  ['della_linear', '{epsilon: 0.1}', { merge: 'sum', density: 1, scale: 1, epsilon: 0.1, rescale: 'l1' }],
  ['nuslerp', '{nuslerp_flatten: true, nuslerp_row_wise: false}', {}],
  ['multislerp', '{eps: 1.0e-8}', { normalize_weights: true }],
  ['linear', '{normalize: false, weight: 1}', { normalize: false, weight: 1 }],
  ['magmax', '{lambda: 0.4}', { scale: 0.4 }],
  ['magmax', '', { scale: 0.5 }],
])('%s %s', (method, parameters, expected) => {
  expect(read(simple(method, parameters && `parameters: ${parameters}`)).parameters).toEqual(expected);
});

test.each([
  ['karcher', '', { max_iter: 10, tol: 1e-5 }],
  ['karcher', '{tol: 0.001}', { max_iter: 10, tol: 0.001 }],
  ['model_stock', '{filter_wise: false}', {}],
  ['sce', '', { select_topk: 1 }],
  ['sce', '{select_topk: 0.4, int8_mask: true}', { select_topk: 0.4 }],
  ['breadcrumbs', '{beta: 0.2, gamma: 0.1, lambda: 0.4}', { beta: 0.2, gamma: 0.1, scale: 0.4 }],
  ['consensus_ta', '{k: 1}', { k: 1, scale: 0.3 }],
])('%s %s, without weights', (method, parameters, expected) => {
  const text = simple(method, parameters && `parameters: ${parameters}`, '');
  expect(read(text).parameters).toEqual(expected);
});

test("tensors that no rule is for have mergekit's default", () => {
  const { parameters } = read(simple('ties', 'parameters: {density: [{filter: mlp, value: [0.1, 0.2]}]}'));
  expect(parameters.density).toEqual([
    { filter: 'mlp', value: [0.1, 0.2] },
    { filter: undefined, value: 1 },
  ]);
  const all = read(simple('ties', 'parameters: {density: [{filter: "*", value: 0.1}]}'));
  expect(all.parameters.density).toEqual([{ filter: '*', value: 0.1 }]);
});

test('a list of one switch is that switch', () => {
  expect(read(simple('ties', 'parameters: {normalize: [false, false]}')).parameters.merge).toBe('sum');
});

test.each([
  ['[{filter: mlp, value: 1}]', 'line 3: weight of a is missing for tensors that match none of its filters'],
  ['[{filter: mlp, value: 1}, {value: 0}]', undefined],
  ['[{filter: mlp, value: 1}, {filter: "", value: 0}]', undefined],
])('a weight for every tensor: %s', (weight, message) => {
  const text = simple('ties', '', `parameters: {weight: ${weight}}`);
  if (message) expect(() => read(text)).toThrow(message);
  else expect(read(text).inputs).toHaveLength(2);
});

test('weights of single models may be partial where all have one in common', () => {
  const text = simple('ties', 'parameters: {weight: 1}', 'parameters: {weight: [{filter: mlp, value: 2}]}');
  expect(read(text).parameters.weight).toBe(1);
});
