import * as l10n from '@vscode/l10n';
import { tableFile } from '../../common/chartTable.ts';
import { el, setText } from '../../common/dom.ts';
import { formatCount, formatShape } from '../../common/format.ts';
import { emptyPane } from '../../common/states.ts';
import { createButton, createSearchField } from '../../common/ui/toolkit.ts';
import { VirtualTable, type RowSource } from '../../common/virtualTable.ts';
import { tellFailure, type StudioContext } from '../context.ts';
import { describeWish } from '../model/rules.ts';
import { SlotRows, type SlotColumn, type SlotRow } from '../model/slotRows.ts';
import type { StudioModel } from '../model/studioModel.ts';
import { SLOT_COLUMNS } from './slotColumns.ts';

/** Rows keep their places during a drag; they are sorted again after this pause. */
const SORT_DELAY_MS = 250;
const MAX_SEARCH = 500;

/** Every tensor of every task: search, order, and the rows in view. */
export class SlotTable {
  readonly element: HTMLElement;
  readonly #context: StudioContext;
  readonly #model: () => StudioModel;
  readonly #table: VirtualTable<SlotRow, SlotColumn>;
  readonly #search;
  readonly #count = el('span', { class: 'quiet numbers', attributes: { role: 'status' } });
  readonly #instead = el('div', { class: 'table-instead' });
  #rows: SlotRows | undefined;
  #order: Uint32Array = new Uint32Array();
  #cache = new Map<number, SlotRow>();
  #timer: number | undefined;

  constructor(context: StudioContext, model: () => StudioModel, onPin: (row: SlotRow, at: DOMRect) => void) {
    this.#context = context;
    this.#model = model;
    const { state, tip } = context;
    this.#search = createSearchField({
      label: l10n.t('Search tensors and tasks'),
      placeholder: l10n.t('Search tensors and tasks'),
      testid: 'tvq-search',
      maxLength: MAX_SEARCH,
      onInput: search => {
        state.update({ search, topRow: 0 });
        this.#sort(0);
      },
    });
    this.#search.value = state.get().search;
    this.#table = new VirtualTable<SlotRow, SlotColumn>({
      id: 'slots',
      label: l10n.t('Tensors, Enter sets the bits of one'),
      rowTestid: 'tvq-row',
      columns: SLOT_COLUMNS,
      tip,
      onSort: ({ sort, descending }) => {
        state.update({ sort, descending, topRow: 0 });
        this.#sort(0);
      },
      onScroll: topRow => state.update({ topRow }),
      onActivate: onPin,
    });
    const save = createButton({
      label: l10n.t('Export CSV'),
      icon: 'export',
      appearance: 'secondary',
      onClick: () => this.#save(),
    });
    const bar = el('div', { class: 'table-bar' }, this.#search.element, this.#count, save);
    this.element = el(
      'section',
      { class: 'slots' },
      el('h2', { class: 'visually-hidden', text: l10n.t('Tensors') }),
      bar,
      this.#table.element,
      this.#instead,
    );
  }

  /** Shows another analysis. */
  setModel(): void {
    this.#rows = new SlotRows(this.#model().allocation);
    this.#sort(this.#context.state.get().topRow);
  }

  /** Updates the rows in view with what is spent now. */
  show(): void {
    this.#cache = new Map();
    this.#table.render();
    clearTimeout(this.#timer);
    const { sort } = this.#context.state.get();
    if (sort === 'tensor' || sort === 'task' || sort === 'shape') return;
    this.#timer = window.setTimeout(() => this.#sort(this.#context.state.get().topRow), SORT_DELAY_MS);
  }

  #sort(topRow: number): void {
    const { spent, sensitivity, allocation } = this.#model();
    const query = this.#context.state.get();
    this.#order = this.#rows?.select(query, spent, sensitivity) ?? new Uint32Array();
    this.#cache = new Map();
    const { length } = this.#order;
    setText(this.#count, countText(length, allocation.table.slots.end.length));
    const none = emptyPane(
      l10n.t('No tensor matches “{0}”', query.search),
      l10n.t('Every word must occur in the name of the tensor or of the task.'),
      l10n.t('Clear search'),
      () => this.#clear(),
    );
    this.#table.element.hidden = length === 0;
    this.#instead.replaceChildren(...(length === 0 ? [none] : []));
    this.#table.setRows(this.#source(), query, topRow);
  }

  #source(): RowSource<SlotRow> {
    return {
      total: this.#order.length,
      row: index => this.#row(index),
      want: () => undefined,
      close: () => undefined,
    };
  }

  #row(index: number): SlotRow | undefined {
    const slot = this.#order[index];
    if (slot === undefined) return undefined;
    const { spent, sensitivity } = this.#model();
    const row = this.#cache.get(slot) ?? this.#rows?.row(slot, spent, sensitivity);
    if (row) this.#cache.set(slot, row);
    return row;
  }

  #clear(): void {
    this.#search.value = '';
    this.#context.state.update({ search: '', topRow: 0 });
    this.#sort(0);
  }

  #save(): void {
    const rows = Array.from(this.#order, (_, index) => this.#row(index) as SlotRow);
    const columns = ['tensor', 'task', 'shape', 'wish', 'bits', 'bytes', 'error', 'sensitivity'];
    const table = {
      columns,
      rows: rows.map(row => [
        row.tensor,
        row.task,
        formatShape(row.shape),
        describeWish(row.wish) ?? l10n.t('auto'),
        row.bits === undefined ? l10n.t('exact') : String(row.bits),
        String(row.bytes),
        String(row.error),
        String(row.sensitivity),
      ]),
    };
    this.#context.host
      .saveFile(tableFile('bits-by-tensor', table))
      .catch((error: unknown) => tellFailure(this.#context, l10n.t('Nothing was saved.'), error));
  }
}

/** "1,808 rows", "12 of 1,808 rows". */
function countText(shown: number, all: number): string {
  if (shown < all) return l10n.t('{0} of {1} rows', formatCount(shown), formatCount(all));
  return all === 1 ? l10n.t('1 row') : l10n.t('{0} rows', formatCount(all));
}
