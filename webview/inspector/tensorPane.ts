import * as l10n from '@vscode/l10n';
import './tensorPane.css';
import type { InspectorHost } from '../../extension/protocol/inspector.ts';
import type { TensorColumn, TensorQuery, TensorRow } from '../../extension/protocol/tensors.ts';
import { el, setText } from '../common/dom.ts';
import { formatCount } from '../common/format.ts';
import { PageLoader } from '../common/pageLoader.ts';
import { errorMessage } from '../common/rpc.ts';
import type { StateStore } from '../common/state.ts';
import { Notice, emptyPane, errorPane } from '../common/states.ts';
import type { SortOrder } from '../common/tableHeader.ts';
import type { TruncationTip } from '../common/truncationTip.ts';
import { createButton, createSearchField, setDisabled } from '../common/ui/toolkit.ts';
import { VirtualTable } from '../common/virtualTable.ts';
import type { InspectorState } from './inspectorState.ts';
import { TENSOR_COLUMNS } from './tensorColumns.ts';

/** Rows are requested after this pause in typing. */
const SEARCH_DELAY_MS = 120;

/** Longer than any tensor's name; the host refuses more than 1,000. */
const MAX_SEARCH = 500;

/** Search field, number of matches, CSV export and the table of tensors. */
export class TensorPane {
  readonly element: HTMLElement;
  readonly #host: InspectorHost;
  readonly #state: StateStore<InspectorState>;
  readonly #table: VirtualTable<TensorRow, TensorColumn>;
  readonly #search;
  readonly #export: HTMLElement;
  readonly #count = el('span', {
    class: 'quiet numbers',
    testid: 'tvq-rows',
    attributes: { role: 'status' },
  });
  readonly #notice = new Notice();
  readonly #instead = el('div', { class: 'table-instead' });
  #allRows = 0;
  #query = 0;
  #timer: number | undefined;

  /** @param onChoose called when a row is clicked, or Enter pressed on it */
  constructor(
    host: InspectorHost,
    state: StateStore<InspectorState>,
    tip: TruncationTip,
    onChoose: (row: TensorRow) => void,
  ) {
    this.#host = host;
    this.#state = state;
    this.#search = createSearchField({
      label: l10n.t('Search tensors and tasks'),
      placeholder: l10n.t('Search tensors and tasks'),
      testid: 'tvq-search',
      maxLength: MAX_SEARCH,
      onInput: text => this.#typed(text),
    });
    this.#search.value = state.get().search;
    this.#export = createButton({
      label: l10n.t('Export CSV'),
      icon: 'export',
      appearance: 'secondary',
      onClick: () => void this.#exportCsv(),
    });
    this.#table = new VirtualTable<TensorRow, TensorColumn>({
      id: 'tensors',
      label: l10n.t('Tensors'),
      rowTestid: 'tvq-row',
      columns: TENSOR_COLUMNS,
      tip,
      onSort: order => this.#sorted(order),
      onScroll: topRow => state.update({ topRow }),
      onChoose,
    });
    const bar = el('div', { class: 'table-bar' }, this.#search.element, this.#count, this.#export);
    this.element = el(
      'main',
      { class: 'tensors' },
      el('h2', { class: 'visually-hidden', text: l10n.t('Tensors') }),
      bar,
      this.#notice.element,
      this.#table.element,
      this.#instead,
    );
    this.#instead.hidden = true;
  }

  /** The file was read (again) and has this many rows. Search, order and position stay. */
  async refresh(rows: number): Promise<void> {
    this.#allRows = rows;
    await this.#load(this.#state.get().topRow);
  }

  /** Searches for something clicked elsewhere. */
  search(text: string): void {
    this.#search.value = text;
    this.#typed(text);
  }

  #typed(search: string): void {
    this.#state.update({ search, topRow: 0 });
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#load(0), SEARCH_DELAY_MS);
  }

  #sorted({ sort, descending }: SortOrder<TensorColumn>): void {
    this.#state.update({ sort, descending, topRow: 0 });
    void this.#load(0);
  }

  #currentQuery(first: number, count: number): TensorQuery {
    const { search, sort, descending } = this.#state.get();
    return { search, sort, descending, first, count };
  }

  /** Requests the rows of the current query; what is shown stays until they arrive. */
  async #load(topRow: number): Promise<void> {
    const query = ++this.#query;
    const asked = this.#currentQuery(0, 0);
    const loader = new PageLoader<TensorRow>({
      fetch: (first, count) => this.#host.tensors({ ...asked, first, count }),
      onLoad: () => this.#table.render(),
      onError: error => this.#rowsFailed(loader, error),
    });
    this.#table.element.setAttribute('aria-busy', 'true');
    try {
      await loader.prime(Math.floor(topRow));
    } catch (error) {
      if (query === this.#query) this.#loadFailed(error, topRow);
      return;
    }
    if (query !== this.#query) return;
    this.#table.element.removeAttribute('aria-busy');
    this.#notice.hide();
    this.#present(loader.total, asked.search);
    this.#table.setRows(loader, asked, topRow);
  }

  #present(total: number, search: string): void {
    const count =
      total === this.#allRows
        ? l10n.t('{0} rows', formatCount(total))
        : l10n.t('{0} of {1} rows', formatCount(total), formatCount(this.#allRows));
    setText(this.#count, count);
    setDisabled(this.#export, total === 0);
    if (total > 0) return this.#replaceTable(undefined);
    const hint = l10n.t('Every word must occur in the name of the tensor or of the task.');
    this.#replaceTable(
      emptyPane(l10n.t('No tensor matches “{0}”', search), hint, l10n.t('Clear search'), () =>
        this.search(''),
      ),
    );
  }

  #replaceTable(pane: HTMLElement | undefined): void {
    this.#instead.replaceChildren(...(pane === undefined ? [] : [pane]));
    this.#instead.hidden = pane === undefined;
    this.#table.element.hidden = pane !== undefined;
  }

  #loadFailed(error: unknown, topRow: number): void {
    this.#table.element.removeAttribute('aria-busy');
    const pane = errorPane({
      what: l10n.t('The tensors could not be listed'),
      why: errorMessage(error),
      remedy: l10n.t('Nothing in the file was changed.'),
      action: l10n.t('Retry'),
      onAction: () => void this.#load(topRow),
    });
    this.#replaceTable(pane);
  }

  #rowsFailed(loader: PageLoader<TensorRow>, error: unknown): void {
    const message = l10n.t('Some rows could not be read. {0}', errorMessage(error));
    this.#notice.show(message, l10n.t('Retry'), () => loader.retry());
  }

  async #exportCsv(): Promise<void> {
    setDisabled(this.#export, true);
    try {
      await this.#host.exportCsv(this.#currentQuery(0, this.#allRows));
    } catch (error) {
      const again = () => void this.#exportCsv();
      const message = l10n.t('The table was not exported. {0}', errorMessage(error));
      this.#notice.show(message, l10n.t('Retry'), again);
    } finally {
      setDisabled(this.#export, false);
    }
  }
}
