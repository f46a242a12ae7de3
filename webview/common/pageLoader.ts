import * as l10n from '@vscode/l10n';

/** A stretch of rows as a source gives it. */
export interface RowPage<Row> {
  /** Rows there are altogether. */
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
  /** Pages kept; the least recently used goes first. */
  readonly capacity?: number;
}

/** Enough to fill one window that spans two pages; more would only queue up behind them in the host. */
const CONCURRENCY = 2;

/**
 * Rows of one query, fetched in pages when they are wanted. Only what was wanted last is fetched: after a leap
 * of the scroll bar over 100,000 rows nothing between is asked for.
 */
export class PageLoader<Row> {
  readonly #options: Required<PageLoaderOptions<Row>>;
  /** In the order of use, the most recent last. */
  readonly #pages = new Map<number, readonly Row[]>();
  readonly #inFlight = new Set<number>();
  #wanted: readonly number[] = [];
  #total = 0;
  #failed = false;
  #closed = false;

  constructor(options: PageLoaderOptions<Row>) {
    this.#options = { pageSize: 100, capacity: 50, ...options };
  }

  /** Rows there are altogether; 0 until the first page arrived. */
  get total(): number {
    return this.#total;
  }

  /** The row, or undefined while it is not here. */
  row(index: number): Row | undefined {
    const page = Math.floor(index / this.#options.pageSize);
    return this.#pages.get(page)?.[index - page * this.#options.pageSize];
  }

  /** Fetches the page with `row`, and so the total, before anything is shown. Rejects when that fails. */
  async prime(row: number): Promise<void> {
    await this.#fetch(Math.floor(row / this.#options.pageSize));
  }

  /** Says which rows are looked at: they are fetched, and stay. */
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

  /** Nothing is reported any more. */
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
