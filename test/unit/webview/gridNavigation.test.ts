import { describe, expect, test } from 'vitest';
import { moveCell } from '../../../webview/common/gridNavigation.ts';

const size = { rows: 100, columns: 7, page: 10 };

describe('moveCell', () => {
  test.each([
    ['ArrowDown', [5, 3], [6, 3]],
    ['ArrowDown', [99, 3], [99, 3]],
    ['ArrowUp', [0, 3], [0, 3]],
    ['ArrowLeft', [5, 0], [5, 0]],
    ['ArrowRight', [5, 5], [5, 6]],
    ['ArrowRight', [5, 6], [5, 6]],
    ['PageDown', [5, 3], [15, 3]],
    ['PageDown', [95, 3], [99, 3]],
    ['PageUp', [5, 3], [0, 3]],
    ['Home', [50, 3], [0, 3]],
    ['End', [50, 3], [99, 3]],
  ] as const)('%s from %s', (key, [row, column], [toRow, toColumn]) => {
    expect(moveCell({ row, column }, key, size)).toEqual({ row: toRow, column: toColumn });
  });

  test('other keys do not move', () => expect(moveCell({ row: 1, column: 1 }, 'a', size)).toBeUndefined());
  test('an empty table has a corner to stand in', () => {
    expect(moveCell({ row: 0, column: 0 }, 'End', { rows: 0, columns: 7, page: 1 })).toEqual({
      row: 0,
      column: 0,
    });
  });
});
