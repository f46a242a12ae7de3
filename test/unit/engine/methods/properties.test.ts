/** Properties of all methods on whole tensors. */
import { describe, expect, test } from 'vitest';
import { METHODS } from '../../../../extension/engine/merge/methods/registry.ts';
import { difference, mergeValues, randomTensor } from './harness.ts';

const OWN = METHODS.filter(({ way }) => way.kind === 'values');
const VECTORS = OWN.filter(({ base }) => base === 'required').map(({ name }) => name);
const PAIRS = OWN.filter(({ maximumInputs }) => maximumInputs === 2).map(({ name }) => name);
const SHAPES = [[6, 5], [1, 7], [7, 1], [1, 1], [9], [1], [], [2, 3, 4], [0, 4], [0]];
const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

test('the methods', () => {
  expect(VECTORS).toEqual(expect.arrayContaining(['pcb', 'sce', 'tsv_m', 'iso_c']));
  expect(PAIRS).toEqual(expect.arrayContaining(['nearswap', 'arcee_fusion']));
});

describe.each(OWN.map(({ name }) => name))('%s', name => {
  test.each(SHAPES.map(shape => [shape]))('shape %j: finite, the right size, the same twice', shape => {
    const xs = [randomTensor(sizeOf(shape), 1), randomTensor(sizeOf(shape), 2)];
    const merged = mergeValues(name, shape, xs);
    expect(merged).toHaveLength(sizeOf(shape));
    expect(merged.every(Number.isFinite)).toBe(true);
    expect(mergeValues(name, shape, xs)).toEqual(merged);
  });

  test.each(SHAPES.map(shape => [shape]))('shape %j: zeros give zeros', shape => {
    const zeros = new Float32Array(sizeOf(shape));
    expect(mergeValues(name, shape, [zeros, zeros])).toEqual(zeros);
  });

  test('working memory is stated for every shape', () => {
    const { way } = OWN.find(known => known.name === name)!;
    for (const shape of SHAPES)
      expect(way.kind === 'values' && way.workingValues(shape, 2)).toBeGreaterThanOrEqual(0);
  });
});

describe.each(VECTORS)('%s', name => {
  test.each([[[6, 5]], [[5, 6]], [[8]], [[2, 3, 4]]])(
    'shape %j: the order of the inputs is no matter',
    shape => {
      const xs = [1, 2, 3].map(seed => randomTensor(sizeOf(shape), seed));
      const permuted = [2, 0, 1].map(i => xs[i]!);
      expect(difference(mergeValues(name, shape, permuted), mergeValues(name, shape, xs))).toBeLessThan(1e-6);
    },
  );

  test('a scalar alone gives itself', () => {
    for (const shape of [[], [1], [1, 1]]) expect(mergeValues(name, shape, [[-0.5]])[0]).toBeCloseTo(-0.5, 6);
  });

  test('a task of zeros among others does no harm', () => {
    const merged = mergeValues(name, [4, 4], [randomTensor(16, 1), new Float32Array(16)]);
    expect(merged.every(Number.isFinite)).toBe(true);
    expect(merged.some(value => value !== 0)).toBe(true);
  });
});

test.each(['sce', 'tsv_m'])('%s of one input is that input', name => {
  for (const shape of [[6, 5], [5, 6], [1, 7], [9], [2, 3, 4]]) {
    const x = randomTensor(sizeOf(shape), 4);
    expect(difference(mergeValues(name, shape, [x]), x)).toBeLessThan(1e-6);
  }
});

test.each(PAIRS)('%s of a model and itself is that model', name => {
  const x = randomTensor(30, 5);
  expect(mergeValues(name, [6, 5], [x, x])).toEqual(x);
});
