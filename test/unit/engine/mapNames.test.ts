import { expect, test } from 'vitest';
import type { Checkpoint } from '../../../extension/formats/checkpoint.ts';
import { mapNames } from '../../../extension/formats/names/mapNames.ts';
import { rangeOf } from '../../../extension/formats/tensorSource.ts';

const named = (...names: readonly string[]): Checkpoint =>
  ({
    path: '/x',
    tensors: new Map(
      names.map(name => [name, rangeOf('x', { name, dtype: 'F32', shape: [1], offset: 0, bytes: 4 })]),
    ),
  }) as unknown as Checkpoint;

test('rules follow one another, each replaces what it finds first, with groups', () => {
  const rules = [
    { from: '^transformer\\.', to: '' },
    { from: 'h\\.(\\d+)', to: 'layers.$1' },
    { from: 'never', to: '' },
  ];
  const { checkpoint, change, used } = mapNames(named('transformer.h.7.h.8.w', 'x.never_there', 'w'), rules);
  expect([...checkpoint.tensors.keys()]).toEqual(['layers.7.h.8.w', 'x._there', 'w']);
  expect([...checkpoint.tensors.values()].map(({ name }) => name)).toEqual([...checkpoint.tensors.keys()]);
  expect(change).toBe(
    '2 tensors, "transformer.h.7.h.8.w" as "layers.7.h.8.w", "x.never_there" as "x._there"',
  );
  expect([...used]).toEqual([rules[0], rules[1], rules[2]]);
});

test('a rule without effect', () => {
  const model = named('a', 'b');
  const { checkpoint, change, used } = mapNames(model, [{ from: 'c', to: 'd' }]);
  expect({ checkpoint, change, used: used.size }).toEqual({ checkpoint: model, change: undefined, used: 0 });
});

test('two tensors under one name are refused', () => {
  expect(() => mapNames(named('a.w', 'b.w'), [{ from: '^b', to: 'a' }])).toThrow(
    '/x: the map makes "a.w" and "b.w" one tensor, "a.w"; let its patterns match only one of them',
  );
});
