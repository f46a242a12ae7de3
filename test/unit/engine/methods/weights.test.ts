import { describe, expect, test } from 'vitest';
import type { MergeItem } from '../../../../extension/engine/merge/tensor/mergeItem.ts';
import type { LinearWay } from '../../../../extension/engine/merge/methods/method.ts';
import { resolve } from '../../../../extension/engine/merge/recipe/parameters.ts';
import { methodNamed } from '../../../../extension/engine/merge/methods/registry.ts';
import { band, ranks } from '../../../../extension/engine/merge/math/sparsify.ts';
import { checkWeights, leastShare } from '../../../../extension/engine/merge/tensor/weights.ts';

const place = { tensor: 'w', depth: 0 };

/** The messages about a merge whose tensors have these weights. */
function said(name: string, weights: readonly (readonly number[])[], given = {}): string[] {
  const method = methodNamed(name);
  const jobs = weights.map((ofTensor, i) => ({
    tensor: `layers.${i}.w`,
    way: { kind: 'fixed' },
    values: resolve(method.parameters, [given], place),
    inputValues: ofTensor.map(weight => ({ weight })),
  }));
  return checkWeights(method, jobs as unknown as MergeItem[]).map(({ message }) => message);
}

describe('weights that leave nothing', () => {
  test.each([
    ['linear', {}],
    ['nuslerp', {}],
    ['multislerp', {}],
    ['task_arithmetic', { merge: 'mean' }],
    ['dare_linear', { merge: 'mean' }],
    ['della_linear', { merge: 'mean' }],
  ])('%s divides by their sum', (name, given) => {
    expect(said(name, [[0.1, 0.2, -0.3]], given)).toEqual([
      expect.stringMatching(/add up to 0.*0\.1, 0\.2, -0\.3/),
    ]);
    expect(
      said(
        name,
        [
          [1, 1],
          [1, -1],
          [2, -2],
        ],
        given,
      ),
    ).toEqual([expect.stringContaining('in 2 of 3 tensors (layers.1.w …)')]);
    expect(said(name, [[1, -0.5]], given)).toEqual([]);
  });

  test('where nothing is divided they may cancel', () => {
    expect(said('ties', [[1, -1]])).toEqual([]);
    expect(said('task_arithmetic', [[1, -1]])).toEqual([]);
    expect(said('linear', [[1, -1]], { normalize: false })).toEqual([]);
  });

  test('all zero: in every tensor of a merge of task vectors, in any of whole models', () => {
    for (const name of ['linear', 'task_arithmetic', 'ties', 'magmax', 'pcb'])
      expect(said(name, [[0, 0]])).toEqual([expect.stringContaining('all 0')]);
    expect(
      said('ties', [
        [0, 0],
        [1, 0],
      ]),
    ).toEqual([]);
    expect(
      said(
        'linear',
        [
          [0, 0],
          [1, 0],
        ],
        { normalize: false },
      ),
    ).toEqual([expect.stringContaining('in layers.0.w: the weights are all 0')]);
  });

  test('only weights of both signs cancel by rounding', () => {
    expect(leastShare([1e-9, 1])).toBe(2 ** -126);
    expect(leastShare([0.1, 0.2, -0.3])).toBeGreaterThan(
      Math.abs(Math.fround(0.1) + Math.fround(0.2) - Math.fround(0.3)),
    );
  });
});

/** Coefficients of a method on the matrix of inner products of its inputs. */
const coefficients = (
  name: string,
  gram: readonly (readonly number[])[],
  weights?: readonly number[],
  given = {},
) => {
  const { way, parameters } = methodNamed(name);
  const values = resolve(parameters, [given], place);
  const inputs = gram.map((_, i) => ({ ...values, weight: weights?.[i] ?? 1 }));
  return (way as LinearWay).coefficients({ values, inputs, gram });
};

/** Norm of Σ cᵢxᵢ. */
const normOf = (gram: readonly (readonly number[])[], found: readonly number[]) =>
  Math.sqrt(found.reduce((sum, a, i) => sum + found.reduce((s, b, j) => s + a * b * gram[i]![j]!, 0), 0));

describe('tensors without a direction', () => {
  const frozen = [
    [0, 0],
    [0, 4],
  ];

  test('count with their norm alone', () => {
    expect(normOf(frozen, coefficients('multislerp', frozen, [1, 4]))).toBeCloseTo(1.6, 12);
    expect(normOf(frozen, coefficients('karcher', frozen))).toBeCloseTo(1, 12);
    const three = [
      [0, 0, 0],
      [0, 1, 0.5],
      [0, 0.5, 1],
    ];
    const found = coefficients('karcher', three);
    expect(normOf(three, found)).toBeCloseTo(2 / 3, 12);
    expect(found[1]).toBeCloseTo(found[2]!, 12);
  });

  test('small weights are no small directions: the length is theirs, the direction is not', () => {
    const apart = [
      [1, 0.5],
      [0.5, 1],
    ];
    const values = { normalize_weights: false };
    const [large, small] = [0.4, 0.0004].map(weight =>
      coefficients('multislerp', apart, [weight, weight], values),
    );
    for (const [i, value] of small!.entries()) expect(1000 * value).toBeCloseTo(large![i]!, 9);
    expect(normOf(apart, large!)).toBeCloseTo(0.8, 9);
  });

  test('are orthogonal to all: mergekit has the same', () => {
    expect(coefficients('slerp', frozen)[1]).toBeCloseTo(Math.SQRT1_2, 12);
    expect(coefficients('nuslerp', frozen)[1]).toBeCloseTo(Math.SQRT1_2, 12);
    expect(coefficients('model_stock', frozen)).toEqual([0, 0]);
  });

  test('alone give zeros', () => {
    for (const name of ['slerp', 'nuslerp', 'multislerp', 'karcher', 'model_stock']) {
      const zero = [
        [0, 0],
        [0, 0],
      ];
      for (const value of coefficients(name, zero)) expect(value).not.toBeNaN();
    }
  });
});

describe('opposite tensors', () => {
  // Slightly off, as float32 inner products are.
  const opposite = [
    [1, -1 + 1e-7],
    [-1 + 1e-7, 1],
  ];

  test.each(['slerp', 'nuslerp', 'multislerp', 'karcher', 'model_stock'])('%s: none runs away', name => {
    for (const value of coefficients(name, opposite)) expect(Math.abs(value)).toBeLessThanOrEqual(1);
  });

  test('karcher keeps the norm, and stays at the first', () => {
    expect(normOf(opposite, coefficients('karcher', opposite))).toBeCloseTo(1, 6);
  });

  test('model_stock goes no further beyond the base than the mean is before it', () => {
    expect(coefficients('model_stock', opposite)).toEqual([-0.5, -0.5]);
    const slightly = [
      [1, -0.1],
      [-0.1, 1],
    ];
    expect(coefficients('model_stock', slightly)[0]).toBeCloseTo(-0.1 / 0.9, 12);
  });
});

test('rows of one value are kept with the density, others around it', () => {
  expect(ranks(1, 0.5, 0.15)).toEqual({ low: 2 ** 31, step: 0 });
  expect(ranks(2, 0.5, 0.25)).toEqual({ low: 2 ** 30, step: 2 ** 31 });
  expect(band(1, 0.15, 0.006)).toEqual({ drop: 0, keep: 1 });
});

test('pcb: a task of negative weight is a negated task vector', async () => {
  const { mergeValues, randomTensor } = await import('./harness.ts');
  const [a, b] = [randomTensor(64, 1), randomTensor(64, 2)];
  const negative = mergeValues('pcb', [64], [a, b], { ratio: 0.5 }, [{ weight: 1 }, { weight: -2 }]);
  const negated = mergeValues('pcb', [64], [a, b.map(x => -x)], { ratio: 0.5 }, [
    { weight: 1 },
    { weight: 2 },
  ]);
  expect(negative).toEqual(negated);
});
