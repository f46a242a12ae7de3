/** Editing the parameters of a merge method. */
import { describe, expect, it } from 'vitest';
import {
  formatValue,
  inputParametersOf,
  NO_EDITS,
  parseValue,
  suggestText,
  valueOf,
  valuesOf,
  withValue,
} from '../../../extension/shared/mergeParameters.ts';
import { translatable } from '../../../extension/shared/translatable.ts';
import type { MergeParameter } from '../../../extension/protocol/recipes.ts';

const density: MergeParameter = {
  name: 'density',
  type: 'number',
  default: 0.2,
  minimum: 0,
  maximum: 1,
  perInput: true,
  meaning: translatable('Share that is kept.'),
};
const seed: MergeParameter = {
  ...density,
  name: 'seed',
  type: 'integer',
  default: 0,
  maximum: 9,
  perInput: false,
};

describe('a typed value', () => {
  it.each([
    ['0.5', 0.5],
    [' .5 ', 0.5],
    ['1e-1', 0.1],
    ['0', 0],
    ['', undefined],
    ['[0, 0.5, 1]', [0, 0.5, 1]],
    ['[1]', [1]],
  ])('%j is %j', (text, value) => {
    expect(parseValue(density, text)).toEqual({ value });
  });

  it.each([
    ['0,5', 'number'],
    ['half', 'number'],
    ['0x1', 'number'],
    ['NaN', 'number'],
    ['Infinity', 'number'],
    ['[0, half]', 'list'],
    ['[]', 'list'],
    ['1.5', 'range'],
    ['-0.1', 'range'],
    ['[0, 2]', 'range'],
  ])('%j is refused: %s', (text, kind) => {
    expect(parseValue(density, text)).toMatchObject({ fault: { kind } });
  });

  it('is whole where the parameter is', () => {
    expect(parseValue(seed, '7')).toEqual({ value: 7 });
    expect(parseValue(seed, '0.5')).toMatchObject({ fault: { kind: 'integer' } });
    expect(parseValue(seed, '[1, 2]')).toMatchObject({ fault: { kind: 'integer' } });
    expect(parseValue({ ...seed, minimum: undefined, maximum: undefined }, '1e999')).toMatchObject({
      fault: { kind: 'integer' },
    });
  });

  it('reads back as it is shown', () => {
    for (const value of [0.25, -3, [0.1, 0.9]]) {
      const free = { ...density, minimum: -9, maximum: 9 };
      expect(parseValue(free, formatValue(value))).toEqual({ value });
    }
  });
});

describe('edits', () => {
  const inputs = ['a', 'b'];

  it('start with the defaults', () => {
    expect(valuesOf(density, NO_EDITS, inputs)).toEqual([0.2]);
    expect(inputParametersOf(NO_EDITS, inputs)).toEqual([{}, {}]);
  });

  it('let an input differ', () => {
    const edits = withValue(withValue(NO_EDITS, density, 0.4), density, 0.6, 'b');
    expect(valuesOf(density, edits, inputs)).toEqual([0.4, 0.6]);
    expect(edits.shared).toEqual({ density: 0.4 });
    expect(inputParametersOf(edits, ['b', 'c'])).toEqual([{ density: 0.6 }, {}]);
  });

  it('let the default of one input win over a shared value', () => {
    const edits = withValue(withValue(NO_EDITS, density, 0.4), density, undefined, 'a');
    expect(valueOf(density, edits, 'a')).toBe(0.2);
    expect(valueOf(density, edits, 'b')).toBe(0.4);
  });

  it('forget what single inputs had when all are set', () => {
    const single = withValue(NO_EDITS, density, 0.6, 'a');
    expect(valuesOf(density, withValue(single, density, 0.3), inputs)).toEqual([0.3]);
    expect(withValue(single, density, undefined).shared).toEqual({});
    expect(valuesOf(density, withValue(single, density, undefined), inputs)).toEqual([0.2]);
  });

  it('leave what they were made from as it was', () => {
    const before = withValue(NO_EDITS, seed, 3);
    withValue(before, seed, 4);
    expect(before.shared).toEqual({ seed: 3 });
    expect(NO_EDITS.byInput.size).toBe(0);
  });
});

describe('a refused text', () => {
  it.each([
    [density, '0,5', '0.5'],
    [density, '50 %', '0.5'],
    [density, '1.5', '1'],
    [density, '-3', '0'],
    [density, '120%', '1'],
    [seed, '3.7', '4'],
    [seed, '99', '9'],
    [density, 'much', undefined],
    [density, '%', undefined],
    [density, '', undefined],
    [density, '1e999', undefined],
  ] as const)('of %o, %j, may have meant %j', (parameter, typed, meant) => {
    expect(suggestText(parameter, typed)).toBe(meant);
  });
});
