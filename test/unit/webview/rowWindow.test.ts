import { describe, expect, test } from 'vitest';
import * as rows from '../../../webview/common/rowWindow.ts';

const view = (change: Partial<rows.Viewport> = {}): rows.Viewport => ({
  scrollTop: 0,
  height: 240,
  rowHeight: 24,
  total: 5000,
  ...change,
});
/** Taller than browsers allow an element to be. */
const TALL = { total: 10_000_000 };

describe('computeWindow', () => {
  test.each([
    ['at the top', {}, { first: 0, count: 12, offset: 0 }],
    ['in the middle of a row', { scrollTop: 1212 }, { first: 48, count: 15, offset: 48 * 24 }],
    ['at the end', { scrollTop: 5000 * 24 - 240 }, { first: 4988, count: 12, offset: 4988 * 24 }],
    ['overscrolled upwards', { scrollTop: -50 }, { first: 0, count: 12, offset: 0 }],
    ['few rows', { total: 3 }, { first: 0, count: 3, offset: 0 }],
    ['no rows', { total: 0 }, { first: 0, count: 0, offset: 0 }],
    ['hidden', { height: 0 }, { first: 0, count: 0, offset: 0 }],
  ])('%s', (_, change, expected) => expect(rows.computeWindow(view(change), 2)).toEqual(expected));

  test('after the table shrank, the end is shown', () => {
    const window = rows.computeWindow(view({ scrollTop: 100_000, total: 20 }), 2);
    expect(window.first + window.count).toBe(20);
  });
});

describe('a table taller than browsers allow', () => {
  const end = rows.MAX_SCROLL_HEIGHT - 240;

  test('is as high as they allow', () => expect(rows.scrollHeight(view(TALL))).toBe(rows.MAX_SCROLL_HEIGHT));

  test.each([0, 1, 12_345.5, end / 2, end - 1, end])('has rows all over the view at %d', scrollTop => {
    const { first, count, offset } = rows.computeWindow(view({ ...TALL, scrollTop }), 0);
    expect(offset).toBeLessThanOrEqual(scrollTop);
    expect(offset + count * 24).toBeGreaterThanOrEqual(scrollTop + 240);
    expect(count).toBeLessThanOrEqual(12);
    expect(first + count).toBeLessThanOrEqual(TALL.total);
  });

  test('reaches the last row', () => {
    const { first, count } = rows.computeWindow(view({ ...TALL, scrollTop: end }), 0);
    expect(first + count).toBe(TALL.total);
  });

  test('finds any row again', () => {
    for (const row of [0, 1, 4_999_999.5, 9_999_990]) {
      const scrollTop = rows.scrollTopOf(row, view(TALL));
      expect(rows.topRow(view({ ...TALL, scrollTop }))).toBeCloseTo(row, 3);
    }
  });
});

describe('scrollTopToReveal', () => {
  test.each([
    ['a row in view stays', 105, 2400, 2400],
    ['a row above becomes the first', 50, 2400, 1200],
    ['a row below becomes the last', 200, 2400, 201 * 24 - 240],
    ['half a row is not enough', 110, 2412, 111 * 24 - 240],
    ['the first', 0, 2400, 0],
    ['the last', 4999, 0, 5000 * 24 - 240],
  ])('%s', (_, row, scrollTop, expected) =>
    expect(rows.scrollTopToReveal(row, view({ scrollTop }))).toBeCloseTo(expected),
  );
});

test('rowsInView is at least one', () => {
  expect(rows.rowsInView({ height: 250, rowHeight: 24 })).toBe(10);
  expect(rows.rowsInView({ height: 10, rowHeight: 24 })).toBe(1);
});
