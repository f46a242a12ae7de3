import { describe, expect, test } from 'vitest';
import {
  MEASURES,
  sensitivities,
  type Measure,
  type TensorStatistics,
} from '../../../../extension/shared/allocation/index.ts';

const tensor = (name: string, energy: number, layer?: number): TensorStatistics => ({
  name,
  elements: 4,
  energy,
  layer: layer === undefined ? undefined : { number: layer, count: 3 },
});
const tensors = [
  tensor('embed.weight', 2),
  tensor('blocks.0.attn.weight', 4, 0),
  tensor('blocks.1.attn.weight', 0, 1),
  tensor('blocks.2.mlp.weight', 0.5, 2),
];
const weights = (...measures: Measure[]) => sensitivities(tensors, measures);

describe('measures', () => {
  test('none, and energy: all alike', () => {
    expect(weights()).toEqual([1, 1, 1, 1]);
    expect(weights({ kind: 'energy' })).toEqual([1, 1, 1, 1]);
  });
  test('relative: one over the energy', () =>
    expect(weights({ kind: 'relative' })).toEqual([0.5, 0.25, 0, 2]));
  test('depth grows linearly with the layer', () => {
    expect(weights({ kind: 'depth' })).toEqual([1, 1, 3, 5]);
    expect(weights({ kind: 'depth', slope: -1 })).toEqual([1, 1, 0.5, 0]);
    expect(
      sensitivities([{ ...tensor('a', 1), layer: { number: 0, count: 1 } }], [{ kind: 'depth' }]),
    ).toEqual([1]);
  });
  test('patterns: the first that matches', () => {
    const patterns = [
      ['blocks.0.*', 2],
      ['/attn/', 3],
      ['blocks.?.mlp.weight', 0],
      ['attn', 9],
    ] as const;
    expect(weights({ kind: 'patterns', patterns })).toEqual([1, 2, 3, 0]);
  });
  test('a glob takes other signs literally', () => {
    expect(weights({ kind: 'patterns', patterns: [['blocks.0+attn.weight', 2]] })).toEqual([1, 1, 1, 1]);
    expect(weights({ kind: 'patterns', patterns: [['embedXweight', 2]] })).toEqual([1, 1, 1, 1]);
  });
  test('file: by name', () =>
    expect(weights({ kind: 'file', weights: { 'embed.weight': 7 } })).toEqual([7, 1, 1, 1]));
  test('multiply', () =>
    expect(
      weights({ kind: 'relative' }, { kind: 'depth' }, { kind: 'patterns', patterns: [['*', 2]] }),
    ).toEqual([1, 0.5, 0, 20]));
  test('have a sentence each', () => {
    expect(Object.keys(MEASURES)).toEqual(['energy', 'relative', 'depth', 'patterns', 'file']);
  });
});

describe('mistakes are named', () => {
  test.each<[Measure, string]>([
    [{ kind: 'depth', slope: -2 }, 'depth: the slope must be −1 or more'],
    [{ kind: 'depth', slope: NaN }, 'it is NaN'],
    [
      { kind: 'patterns', patterns: [['a*', -1]] },
      'patterns: the weight of a* must be a number of 0 or more; it is -1',
    ],
    [{ kind: 'patterns', patterns: [['/(/', 1]] }, '/(/ is not a valid regular expression'],
    [{ kind: 'file', weights: { 'embed.weight': NaN } }, 'file: the weight of embed.weight must be'],
  ])('%j', (measure, message) => expect(() => weights(measure)).toThrow(message));

  test('a negative energy', () => {
    expect(() => sensitivities([tensor('a', -1)], [{ kind: 'relative' }])).toThrow(
      'relative: the weight of a',
    );
  });
});
