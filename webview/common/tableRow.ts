import type { CellView } from './cells.ts';
import { el } from './dom.ts';
import type { Column } from './tableHeader.ts';

/** One row in the document, reused for one row of data after another. */
export class TableRow<Row> {
  readonly element: HTMLElement;
  readonly cells: readonly HTMLElement[];
  readonly #views: readonly CellView<Row>[];
  #index = -1;
  #row: Row | undefined;

  constructor(columns: readonly Column<Row, string>[], testid: string) {
    this.#views = columns.map(column => column.cell());
    this.cells = columns.map((column, at) => {
      const view = this.#views[at];
      const attributes = { role: 'gridcell', 'aria-colindex': String(at + 1), 'data-column': column.key };
      return el(
        'div',
        { class: `grid-cell align-${column.align}`, attributes },
        ...(view ? [view.element] : []),
      );
    });
    const attributes = { role: 'row', 'aria-selected': 'false' };
    this.element = el('div', { class: 'grid-row placeholder', testid, attributes }, ...this.cells);
  }

  /** Shows the row at this index, or a placeholder; touches only what changed. */
  show(index: number, row: Row | undefined): void {
    if (index !== this.#index) {
      this.#index = index;
      // The header is row 1.
      this.element.setAttribute('aria-rowindex', String(index + 2));
    }
    if (row !== this.#row || row === undefined) {
      this.element.classList.toggle('placeholder', row === undefined);
      this.element.toggleAttribute('aria-busy', row === undefined);
    }
    if (row !== undefined && row !== this.#row) for (const view of this.#views) view.show(row);
    this.#row = row;
  }

  /** Marks the active cell with an id that the grid refers to; undefined removes the mark. */
  mark(column: number | undefined, id: string): void {
    this.element.classList.toggle('active', column !== undefined);
    this.element.setAttribute('aria-selected', String(column !== undefined));
    for (const [at, cell] of this.cells.entries()) {
      cell.classList.toggle('active', at === column);
      if (at === column) cell.id = id;
      else cell.removeAttribute('id');
    }
  }
}
