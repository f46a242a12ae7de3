import * as l10n from '@vscode/l10n';

/** A range of rows returned by a source. */
export interface RowPage<Row> {
  /** Total number of rows. */
  readonly total: number;
  readonly rows: readonly Row[];
}

export interface PageLoaderOptions<Row> {
  /** Fetches rows `first` to `first + count`; fewer only at the end. */
  readonly fetch: (first: number, count: number) => Promise<RowPage<Row>>;
  /** Rows arrived, or the total changed. */
  readonly onLoad: () => void;
  /** A page could not be fetched; nothing more is fetched until `retry`. */
  readonly onError: (error: unknown) => void;
  readonly pageSize?: number;
  /** Pages kept; the least recently used is dropped first. */
  readonly capacity?: number;
}

/** Enough to fill one window that spans two pages; more would only queue up in the host. */
const CONCURRENCY = 2;

/**
 * Rows of one query, fetched in pages on demand. Only the latest wanted rows are fetched: when the scroll bar jumps
 * over 100,000 rows, nothing in between is requested.
 */
export class PageLoader<Row> {
  readonly #options: Required<PageLoaderOptions<Row>>;
  /** Ordered by use, the most recent last. */
  readonly #pages = new Map<number, readonly Row[]>();
  readonly #inFlight = new Set<number>();
  #wanted: readonly number[] = [];
  #total = 0;
  #failed = false;
  #closed = false;

  constructor(options: PageLoaderOptions<Row>) {
    this.#options = { pageSize: 100, capacity: 50, ...options };
  }

  /** Total number of rows; 0 until the first page has arrived. */
  get total(): number {
    return this.#total;
  }

  /** The row, or undefined while it is not loaded. */
  row(index: number): Row | undefined {
    const page = Math.floor(index / this.#options.pageSize);
    return this.#pages.get(page)?.[index - page * this.#options.pageSize];
  }

  /** Fetches the page with `row`, and thereby the total, before anything is shown. Rejects when that fails. */
  async prime(row: number): Promise<void> {
    await this.#fetch(Math.floor(row / this.#options.pageSize));
  }

  /** Tells which rows are in view: they are fetched and kept. */
  want(first: number, count: number): void {
    const from = Math.floor(first / this.#options.pageSize);
    const to = Math.floor((first + count - 1) / this.#options.pageSize);
    const missing: number[] = [];
    for (let page = from; page <= to; page++) {
      const rows = this.#pages.get(page);
      if (rows === undefined) missing.push(page);
      else this.#keep(page, rows);
    }
    this.#wanted = missing;
    this.#pump();
  }

  /** Fetches again after an error. */
  retry(): void {
    this.#failed = false;
    this.#pump();
  }

  /** Stops all reports. */
  close(): void {
    this.#closed = true;
    this.#wanted = [];
  }

  #pump(): void {
    for (const page of this.#wanted) {
      if (this.#failed || this.#closed || this.#inFlight.size >= CONCURRENCY) return;
      if (this.#inFlight.has(page) || this.#pages.has(page)) continue;
      this.#fetch(page).then(
        () => {
          if (this.#closed) return;
          this.#options.onLoad();
          this.#pump();
        },
        (error: unknown) => {
          if (this.#closed || this.#failed) return;
          this.#failed = true;
          this.#options.onError(error);
        },
      );
    }
  }

  async #fetch(page: number): Promise<void> {
    const { fetch, pageSize } = this.#options;
    const first = page * pageSize;
    this.#inFlight.add(page);
    try {
      const { total, rows } = await fetch(first, pageSize);
      const due = Math.max(0, Math.min(pageSize, total - first));
      if (rows.length !== due) throw new Error(l10n.t('{0} rows came, {1} were expected.', rows.length, due));
      this.#total = total;
      this.#keep(page, rows);
    } finally {
      this.#inFlight.delete(page);
    }
  }

  #keep(page: number, rows: readonly Row[]): void {
    this.#pages.delete(page);
    this.#pages.set(page, rows);
    for (const oldest of this.#pages.keys()) {
      if (this.#pages.size <= this.#options.capacity) break;
      this.#pages.delete(oldest);
    }
  }
}
