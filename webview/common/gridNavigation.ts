/** A cell of a table by its indices. */
export interface Cell {
  readonly row: number;
  readonly column: number;
}

/** The size of a table, and how many rows PageUp and PageDown move by. */
export interface GridSize {
  readonly rows: number;
  readonly columns: number;
  readonly page: number;
}

const clamp = (value: number, count: number) => Math.min(Math.max(0, value), Math.max(0, count - 1));

/**
 * Where a key leads from a cell; undefined for keys that do not move. Home and End lead to the first and last row, as
 * in VS Code's own lists: people navigate by rows, and all columns are in view anyway.
 */
export function moveCell(from: Cell, key: string, size: GridSize): Cell | undefined {
  const to = (row: number, column = from.column): Cell => ({
    row: clamp(row, size.rows),
    column: clamp(column, size.columns),
  });
  switch (key) {
    case 'ArrowDown':
      return to(from.row + 1);
    case 'ArrowUp':
      return to(from.row - 1);
    case 'ArrowLeft':
      return to(from.row, from.column - 1);
    case 'ArrowRight':
      return to(from.row, from.column + 1);
    case 'PageDown':
      return to(from.row + size.page);
    case 'PageUp':
      return to(from.row - size.page);
    case 'Home':
      return to(0);
    case 'End':
      return to(size.rows - 1);
    default:
      return undefined;
  }
}
