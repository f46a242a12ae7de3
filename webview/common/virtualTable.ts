import './virtualTable.css';
import { el } from './dom.ts';
import { moveCell, type Cell } from './gridNavigation.ts';
import * as rows from './rowWindow.ts';
import { TableHeader, type Column, type SortOrder } from './tableHeader.ts';
import { TableRow } from './tableRow.ts';
import { TRUNCATE, type TruncationTip } from './truncationTip.ts';

/** Rows beyond each edge of the view, so that a flick of the wheel does not outrun the drawing. */
const OVERSCAN = 8;

/** Maximum rows in the document, even if a style sheet breaks the height of the view. */
const MAX_RENDERED = 400;

/** Where rows come from, such as a PageLoader. */
export interface RowSource<Row> {
  readonly total: number;
  /** undefined while it is not loaded. */
  row(index: number): Row | undefined;
  /** Tells which rows are in view. */
  want(first: number, count: number): void;
  close(): void;
}

export interface VirtualTableOptions<Row, Key extends string> {
  /** Distinguishes this table's ids in the page. */
  readonly id: string;
  readonly label: string;
  readonly rowTestid: string;
  readonly columns: readonly Column<Row, Key>[];
  readonly tip: TruncationTip;
  readonly onSort: (order: SortOrder<Key>) => void;
  /** The view moved: its topmost row, with a fraction. */
  readonly onScroll: (topRow: number) => void;
  /** A row was clicked, or Enter or the space bar pressed on it. */
  readonly onChoose?: (row: Row) => void;
  /** A row was clicked twice, or Enter or the space bar pressed on it. */
  readonly onActivate?: (row: Row, at: DOMRect) => void;
}

/**
 * A table that keeps only the rows in view in the document. Rows come from a RowSource and are placeholders until they
 * arrive. The focus stays on the grid and `aria-activedescendant` names the active cell, so the focus is not lost when
 * a row scrolls away.
 */
export class VirtualTable<Row, Key extends string> {
  readonly element: HTMLElement;
  readonly #options: VirtualTableOptions<Row, Key>;
  readonly #header: TableHeader<Row, Key>;
  readonly #head = el('div', { class: 'grid-head', attributes: { role: 'rowgroup' } });
  readonly #body = el('div', { class: 'grid-body', attributes: { role: 'rowgroup' } });
  readonly #layer = el('div', { class: 'grid-layer', attributes: { role: 'presentation' } });
  #rendered: TableRow<Row>[] = [];
  #marked: TableRow<Row> | undefined;
  /** Measured when the table is resized: reading it while scrolling would force a layout each time. */
  #size = { height: 0, rowHeight: 24 };
  #loader: RowSource<Row> | undefined;
  #first = 0;
  #active: Cell = { row: 0, column: 0 };
  /** Nothing looks selected until the table first gets the focus. */
  #visited = false;
  /** The active cell just changed: its whole text is to be shown once its row is loaded. */
  #tipDue = false;
  #frame: number | undefined;

  constructor(options: VirtualTableOptions<Row, Key>) {
    this.#options = options;
    this.#header = new TableHeader(options.columns, options.onSort);
    this.#head.append(this.#header.element);
    this.#body.append(this.#layer);
    const attributes = {
      role: 'grid',
      tabindex: '0',
      'aria-label': options.label,
      'aria-readonly': 'true',
      'aria-colcount': String(options.columns.length),
    };
    this.element = el('div', { class: 'grid', attributes }, this.#head, this.#body);
    this.element.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    this.element.addEventListener('keydown', event => this.#keyDown(event));
    this.element.addEventListener('focus', () => this.#focused());
    this.element.addEventListener('blur', () => options.tip.hide());
    this.element.addEventListener('copy', event => this.#copy(event));
    this.#layer.addEventListener('click', event => this.#clicked(event));
    this.#layer.addEventListener('dblclick', () => this.#activate());
    new ResizeObserver(() => this.#resized()).observe(this.element);
  }

  /** Shows other rows, from `topRow` on; the loader must have its first page already. */
  setRows(loader: RowSource<Row>, order: SortOrder<Key>, topRow: number): void {
    this.#loader?.close();
    this.#loader = loader;
    this.#header.show(order);
    this.#active = { row: Math.min(Math.ceil(topRow), Math.max(0, loader.total - 1)), column: 0 };
    this.element.setAttribute('aria-rowcount', String(loader.total + 1));
    this.#measure();
    this.element.scrollTop = rows.scrollTopOf(topRow, this.#view());
    this.render();
  }

  /** Draws the rows in view; cheap when nothing changed. */
  render(): void {
    const loader = this.#loader;
    if (loader === undefined) return;
    const { first, count, offset } = rows.computeWindow(this.#view(), OVERSCAN);
    this.#arrange(first, Math.min(count, MAX_RENDERED));
    this.#layer.style.transform = `translateY(${offset}px)`;
    for (const [at, row] of this.#rendered.entries()) row.show(first + at, loader.row(first + at));
    this.#markActive();
    if (this.#tipDue && loader.row(this.#active.row) !== undefined) this.#showTip();
    if (count > 0) loader.want(first, this.#rendered.length);
  }

  #view(): rows.Viewport {
    return { ...this.#size, scrollTop: this.element.scrollTop, total: this.#loader?.total ?? 0 };
  }

  #measure(): void {
    // In the style sheet, the height of rows depends on the width of the table.
    const rowHeight = parseFloat(getComputedStyle(this.#body).getPropertyValue('--row-height'));
    this.#size = { height: this.element.clientHeight - this.#head.offsetHeight, rowHeight };
    this.#body.style.height = `${rows.scrollHeight(this.#view())}px`;
  }

  /** Keeps the topmost row where it is when the height of rows changes. */
  #resized(): void {
    const top = rows.topRow(this.#view());
    const { rowHeight } = this.#size;
    this.#measure();
    if (rowHeight !== this.#size.rowHeight) this.element.scrollTop = rows.scrollTopOf(top, this.#view());
    this.render();
  }

  /** Puts `count` rows into the document; rows that stay in view keep their elements. */
  #arrange(first: number, count: number): void {
    const by = first - this.#first;
    this.#first = first;
    if (by > 0 && by < this.#rendered.length) {
      const above = this.#rendered.splice(0, by);
      this.#rendered.push(...above);
      this.#layer.append(...above.map(row => row.element));
    } else if (by < 0 && -by < this.#rendered.length) {
      const below = this.#rendered.splice(by);
      this.#rendered.unshift(...below);
      this.#layer.prepend(...below.map(row => row.element));
    }
    while (this.#rendered.length > count) this.#rendered.pop()?.element.remove();
    while (this.#rendered.length < count) {
      const row = new TableRow<Row>(this.#options.columns, this.#options.rowTestid);
      this.#rendered.push(row);
      this.#layer.append(row.element);
    }
  }

  #focused(): void {
    this.#visited = true;
    this.#markActive();
  }

  #markActive(): void {
    const { row, column } = this.#active;
    const id = `${this.#options.id}-${row}-${column}`;
    const marked = this.#visited ? this.#rendered[row - this.#first] : undefined;
    if (marked !== this.#marked) this.#marked?.mark(undefined, id);
    marked?.mark(column, id);
    this.#marked = marked;
    if (marked === undefined) this.element.removeAttribute('aria-activedescendant');
    else this.element.setAttribute('aria-activedescendant', id);
  }

  #scrolled(): void {
    if (this.#frame !== undefined) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = undefined;
      // Read before anything is drawn; afterwards it would force a layout.
      const top = rows.topRow(this.#view());
      this.render();
      this.#options.onScroll(top);
    });
  }

  #keyDown(event: KeyboardEvent): void {
    if (event.target !== this.element || event.altKey || event.metaKey) return;
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      this.#choose();
      return this.#activate();
    }
    const view = this.#view();
    const size = { rows: view.total, columns: this.#options.columns.length, page: rows.rowsInView(view) };
    const to = moveCell(this.#active, event.key, size);
    if (to === undefined || view.total === 0) return;
    event.preventDefault();
    this.#active = to;
    this.element.scrollTop = rows.scrollTopToReveal(to.row, view);
    this.#tipDue = true;
    this.render();
  }

  #activate(): void {
    const { row } = this.#active;
    const found = this.#loader?.row(row);
    const element = this.#rendered[row - this.#first]?.cells[this.#active.column];
    if (found !== undefined && element) this.#options.onActivate?.(found, element.getBoundingClientRect());
  }

  #showTip(): void {
    this.#tipDue = false;
    const cell = this.#rendered[this.#active.row - this.#first]?.cells[this.#active.column];
    const anchor = cell?.querySelector(`.${TRUNCATE}`) ?? null;
    // After the scroll event of this move, which hides every tip.
    requestAnimationFrame(() => this.#options.tip.show(anchor));
  }

  #clicked(event: MouseEvent): void {
    const target = event.target;
    const at = this.#rendered.findIndex(row => target instanceof Node && row.element.contains(target));
    const cells = this.#rendered[at]?.cells;
    if (cells === undefined) return;
    const column = cells.findIndex(cell => target instanceof Node && cell.contains(target));
    this.#active = { row: this.#first + at, column: Math.max(0, column) };
    this.#markActive();
    // Someone who selects text wants to copy it.
    if (document.getSelection()?.isCollapsed !== false) this.#choose();
  }

  #choose(): void {
    const row = this.#loader?.row(this.#active.row);
    if (row !== undefined) this.#options.onChoose?.(row);
  }

  /** Copies the active cell when no text is selected: names are long, and truncated. */
  #copy(event: ClipboardEvent): void {
    const cell = this.#rendered[this.#active.row - this.#first]?.cells[this.#active.column];
    if (cell === undefined || document.getSelection()?.isCollapsed === false) return;
    event.clipboardData?.setData('text/plain', cell.textContent);
    event.preventDefault();
  }
}
