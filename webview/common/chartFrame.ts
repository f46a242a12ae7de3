import * as l10n from '@vscode/l10n';
import './chartFrame.css';
import { exportMenu, type ChartExports, type Exportable } from './chartExport.ts';
import { chartTable, type ChartTable } from './chartTable.ts';
import { el, setLabel } from './dom.ts';
import { applySeries, type SeriesStyle } from './seriesStyle.ts';
import type { StateStore } from './state.ts';
import { createIconButton } from './ui/toolkit.ts';

/** What one colour or pattern in a chart stands for. */
export interface LegendEntry {
  readonly label: string;
  readonly style: SeriesStyle;
}

export interface ChartFrameOptions {
  /** The name under which the page remembers it, and the name of its files. */
  readonly name: string;
  readonly title: string;
  readonly showTable: boolean;
  readonly onToggle: (showTable: boolean) => void;
  readonly exports: ChartExports;
}

/** A chart's part of what a page remembers: whether it is shown as a table. */
export function tableState(
  state: StateStore<{ readonly tables: readonly string[] }>,
  name: string,
  title: string,
): Omit<ChartFrameOptions, 'exports'> {
  const others = () => state.get().tables.filter(known => known !== name);
  return {
    name,
    title,
    showTable: state.get().tables.includes(name),
    onToggle: showTable => state.update({ tables: showTable ? [...others(), name] : others() }),
  };
}

/** The frame of every chart: its title, a switch to the same data as a table, and exports. */
export class ChartFrame {
  readonly element: HTMLElement;
  /** Where the chart is drawn; hidden while its table is shown. */
  readonly plot = el('div', { class: 'chart-plot' });
  readonly #options: ChartFrameOptions;
  readonly #onChart: () => void;
  readonly #toggle;
  readonly #legend = el('ul', { class: 'legend' });
  /** Scrolls when it is long, so the keyboard has to reach it. */
  readonly #tableArea = el('div', { class: 'chart-table', attributes: { role: 'region', tabindex: '0' } });
  #showTable: boolean;
  #shownLegend: readonly LegendEntry[] = [];
  #table: () => ChartTable = () => ({ columns: [], rows: [] });

  /**
   * @param pictures what can be exported besides the table
   * @param onChart called when the plot is shown again, to draw what changed meanwhile
   * @param controls what goes between title and buttons
   */
  constructor(
    options: ChartFrameOptions,
    pictures: Pick<Exportable, 'canvas' | 'svg'>,
    onChart: () => void,
    ...controls: HTMLElement[]
  ) {
    this.#options = options;
    this.#onChart = onChart;
    this.#showTable = options.showTable;
    const { name, title, exports } = options;
    this.#toggle = createIconButton({ icon: 'table', label: '', onClick: () => this.#switch() });
    setLabel(this.#tableArea, l10n.t('{0}, as a table', title));
    const menu = exportMenu(exports, { name, title, ...pictures, table: () => this.#table() });
    const heading = el('h2', { text: title });
    const head = el('div', { class: 'chart-head' }, heading, ...controls, this.#toggle.element, menu);
    this.element = el('section', { class: 'chart' }, head, this.#legend, this.plot, this.#tableArea);
    this.#present();
  }

  get showsTable(): boolean {
    return this.#showTable;
  }

  /** Shows other data. `table` is called when the table is shown. */
  show(legend: readonly LegendEntry[], table: () => ChartTable): void {
    if (legend !== this.#shownLegend) this.#legend.replaceChildren(...legend.map(legendItem));
    this.#shownLegend = legend;
    this.#table = table;
    this.#legend.hidden = this.#showTable || legend.length === 0;
    if (this.#showTable) this.#fillTable();
  }

  #switch(): void {
    this.#showTable = !this.#showTable;
    this.#present();
    this.#options.onToggle(this.#showTable);
    if (this.#showTable) this.#fillTable();
    else this.#onChart();
  }

  #present(): void {
    this.#legend.hidden = this.#showTable || this.#shownLegend.length === 0;
    this.plot.hidden = this.#showTable;
    this.#tableArea.hidden = !this.#showTable;
    const { title } = this.#options;
    if (this.#showTable) this.#toggle.set('graph', l10n.t('Show as a chart: {0}', title));
    else this.#toggle.set('table', l10n.t('Show as a table: {0}', title));
  }

  #fillTable(): void {
    this.#tableArea.replaceChildren(chartTable(this.#table(), this.#options.title));
  }
}

function legendItem({ label, style }: LegendEntry): HTMLElement {
  const swatch = el('span', { class: 'swatch' });
  applySeries(swatch, style);
  return el('li', {}, swatch, label);
}
