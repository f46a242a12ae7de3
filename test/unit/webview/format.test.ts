import { describe, expect, test } from 'vitest';
import * as format from '../../../webview/common/format.ts';

describe('formatBytes', () => {
  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [1_234, '1.23 kB'],
    [9_994, '9.99 kB'],
    [9_996, '10.0 kB'],
    [45_120_000, '45.1 MB'],
    [99_960_000, '100 MB'],
    [451_000_000, '451 MB'],
    [999_499_999, '999 MB'],
    [999_500_000, '1.00 GB'],
    [9_726_918_656, '9.73 GB'],
    [3e18, '3000 PB'],
  ])('%d is %s', (bytes, text) => expect(format.formatBytes(bytes)).toBe(text));
});

describe('percentages', () => {
  test('have one decimal', () => expect(format.formatPercent(8, 100)).toBe('8.0 %'));
  test('of nothing are absent', () => expect(format.formatPercent(0, 0)).toBe(format.NONE));
  test('of something small are not zero', () => {
    expect(format.formatSmallPercent(1, 1_000_000)).toBe('<0.1 %');
    expect(format.formatSmallPercent(0, 1_000_000)).toBe('0.0 %');
    expect(format.formatSmallPercent(5, 10_000)).toBe('0.1 %');
  });
});

describe('formatError', () => {
  test.each([
    [undefined, '–'],
    [null, '–'],
    [0, '0'],
    [0.2357, '0.236'],
    [1, '1.00'],
    [0.00123, '0.00123'],
    [0.0000231, '2.31e-5'],
  ])('%s is %s', (error, text) => expect(format.formatError(error)).toBe(text));
});

test('counts, bits, shapes and dates', () => {
  expect(format.formatCount(5000)).toBe('5,000');
  expect(format.formatBitsPerWeight(2.4)).toBe('2.40');
  expect(format.formatShape([4096, 1024])).toBe('4096×1024');
  expect(format.formatShape([])).toBe('scalar');
  expect(format.formatDate('2026-11-22T09:05:00')).toBe('2026-11-22 09:05');
  expect(format.formatDate('yesterday')).toBe('yesterday');
});
