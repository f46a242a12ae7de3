import { describe, expect, test } from 'vitest';
import type { SizeBudget } from '../../../../extension/shared/allocation/budget.ts';
import { budgetBytes, parseBudget } from '../../../../extension/shared/allocation/index.ts';

describe('parseBudget', () => {
  test.each([
    ['735102B', { kind: 'bytes', bytes: 735102 }],
    ['120MB', { kind: 'bytes', bytes: 120e6 }],
    [' 1.5 GiB ', { kind: 'bytes', bytes: 1.5 * 2 ** 30 }],
    ['2kB', { kind: 'bytes', bytes: 2000 }],
    ['3GB', { kind: 'bytes', bytes: 3e9 }],
    ['4KiB', { kind: 'bytes', bytes: 4096 }],
    ['5MiB', { kind: 'bytes', bytes: 5 * 2 ** 20 }],
    ['2.25bpw', { kind: 'bitsPerWeight', bits: 2.25 }],
    ['.5 BPW', { kind: 'bitsPerWeight', bits: 0.5 }],
    ['codes=1.5bpw', { kind: 'codes', bits: 1.5 }],
    ['Codes 2 bpw', { kind: 'codes', bits: 2 }],
    ['8%', { kind: 'percent', percent: 8 }],
    ['7.5 %', { kind: 'percent', percent: 7.5 }],
    ['error=0.1', { kind: 'error', relative: 0.1 }],
    ['error 0.25', { kind: 'error', relative: 0.25 }],
    ['error = 0', { kind: 'error', relative: 0 }],
  ])('%s', (text, budget) => expect(parseBudget(text)).toEqual(budget));

  test.each([
    '',
    '12',
    '0MB',
    '0%',
    '0bpw',
    '-1MB',
    '1e9B',
    'MB',
    '3 QB',
    '2,5bpw',
    'error',
    'error=-1',
    'codes=2',
    'codes=0bpw',
    '1bpw 2%',
    'NaN%',
  ])('%j is refused with the forms that are accepted', text =>
    expect(() => parseBudget(text)).toThrow(
      `"${text}" is not a budget; expected: a size (735102B, 120MB, 1.5GiB), bits per weight (2.25bpw; codes=2.25bpw without the header and exact tensors), a share of FP32 (8%) or a relative squared error (error=0.1)`,
    ),
  );
});

test.each([
  ['1000B', 1000],
  ['2.25bpw', 225],
  ['1.01bpw', 101],
  ['codes=1.01bpw', 141],
  ['29%', 928],
  ['8%', 256],
  ['0.1%', 3],
])('%s of 800 weights, 3,200 bytes in FP32: %d bytes', (text, bytes) =>
  expect(
    budgetBytes(parseBudget(text) as SizeBudget, { weights: 800, fp32Bytes: 3200, fixedBytes: 40 }),
  ).toBe(bytes),
);
