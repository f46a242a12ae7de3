import { el } from './dom.ts';
import type { CellView } from './cells.ts';

/** A column of a virtual table; the style sheet sets its width by `data-column`. */
export interface Column<Row, Key extends string> {
  readonly key: Key;
  readonly title: string;
  /** Used where there is little room. */
  readonly shortTitle?: string;
  readonly align: 'start' | 'end';
  /** The direction of the first click: names from A, numbers from the largest. */
  readonly firstClick: 'ascending' | 'descending';
  readonly cell: () => CellView<Row>;
}

/** The order of the rows. */
export interface SortOrder<Key extends string> {
  readonly sort: Key;
  readonly descending: boolean;
}

/** The header row of a table: one button per column, which sorts by it and then reverses the order. */
export class TableHeader<Row, Key extends string> {
  readonly element = el('div', { class: 'grid-row', attributes: { role: 'row', 'aria-rowindex': '1' } });
  readonly #cells = new Map<Key, { readonly cell: HTMLElement; readonly arrow: HTMLElement }>();
  #order: SortOrder<Key> | undefined;

  constructor(columns: readonly Column<Row, Key>[], onSort: (order: SortOrder<Key>) => void) {
    for (const [index, column] of columns.entries()) {
      const arrow = el('span', { class: 'sort-arrow codicon', attributes: { 'aria-hidden': 'true' } });
      const short = column.shortTitle ?? column.title;
      const button = el(
        'button',
        { class: 'grid-sort', attributes: { type: 'button', 'aria-label': column.title } },
        el('span', { class: 'title-full', text: column.title }),
        el('span', { class: 'title-short', text: short }),
        arrow,
      );
      button.addEventListener('click', () => onSort(this.#next(column)));
      const attributes = {
        role: 'columnheader',
        'aria-colindex': String(index + 1),
        'data-column': column.key,
      };
      const cell = el('div', { class: `grid-cell align-${column.align}`, attributes }, button);
      this.#cells.set(column.key, { cell, arrow });
      this.element.append(cell);
    }
  }

  /** Shows by which column, and in which direction, the rows are sorted. */
  show(order: SortOrder<Key>): void {
    this.#order = order;
    for (const [key, { cell, arrow }] of this.#cells) {
      const sorted = key === order.sort;
      cell.setAttribute('aria-sort', sorted ? (order.descending ? 'descending' : 'ascending') : 'none');
      arrow.classList.toggle('codicon-arrow-small-up', sorted && !order.descending);
      arrow.classList.toggle('codicon-arrow-small-down', sorted && order.descending);
    }
  }

  #next(column: Column<Row, Key>): SortOrder<Key> {
    const again = this.#order?.sort === column.key;
    const descending = again ? !this.#order?.descending : column.firstClick === 'descending';
    return { sort: column.key, descending };
  }
}
