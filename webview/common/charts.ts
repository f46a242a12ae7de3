import './charts.css';
import { BarController, BarElement, CategoryScale, Chart, LinearScale, Tooltip } from 'chart.js';
import type { ChartConfiguration } from 'chart.js';
import { el } from './dom.ts';
import { applySeries, type SeriesStyle } from './seriesStyle.ts';
import { onThemeChange, prefersReducedMotion, token } from './theme.ts';
import { createIconButton } from './ui/toolkit.ts';

Chart.register(BarController, BarElement, CategoryScale, LinearScale, Tooltip);

/** The data of a chart as a table, the first column naming the rows. */
export interface ChartTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What one look in a chart stands for. */
export interface LegendEntry {
  readonly label: string;
  readonly style: SeriesStyle;
}

/** What a chart shows. `configure` is called again when the theme changes, and reads its tokens then. */
export interface ChartContent {
  /** What is seen, in a sentence, for those who do not see it. */
  readonly summary: string;
  readonly height: number;
  readonly legend: readonly LegendEntry[];
  readonly configure: () => ChartConfiguration<'bar', (number | null)[], string>;
  readonly table: ChartTable;
}

export interface ChartViewOptions {
  readonly title: string;
  readonly showTable: boolean;
  readonly onToggle: (showTable: boolean) => void;
}

/** Text settings that chart.js cannot inherit from the page. */
function applyDefaults(): void {
  Chart.defaults.font.family = token('--vscode-font-family') || 'sans-serif';
  Chart.defaults.font.size = 12;
  Chart.defaults.color = token('--vscode-foreground');
  Chart.defaults.animation = prefersReducedMotion() ? false : { duration: 200 };
  Object.assign(Chart.defaults.plugins.tooltip, {
    backgroundColor: token('--vscode-editorHoverWidget-background'),
    borderColor: token('--vscode-editorHoverWidget-border'),
    borderWidth: 1,
    cornerRadius: 0,
    caretSize: 0,
    titleColor: token('--vscode-editorHoverWidget-foreground'),
    bodyColor: token('--vscode-editorHoverWidget-foreground'),
  });
}

/** The data of a chart in a table of its own. */
export function chartTable(table: ChartTable, caption: string): HTMLTableElement {
  const head = el('tr', {}, ...table.columns.map(text => el('th', { text, attributes: { scope: 'col' } })));
  const body = table.rows.map(([name = '', ...values]) => {
    const first = el('th', { class: 'truncate', text: name, attributes: { scope: 'row' } });
    return el('tr', {}, first, ...values.map(text => el('td', { text })));
  });
  return el(
    'table',
    { class: 'plain-table' },
    el('caption', { class: 'visually-hidden', text: caption }),
    el('thead', {}, head),
    el('tbody', {}, ...body),
  );
}

export function legendItem({ label, style }: LegendEntry): HTMLElement {
  const swatch = el('span', { class: 'swatch' });
  applySeries(swatch, style);
  return el('li', {}, swatch, label);
}

/** A titled chart that follows the theme, with a switch to the same data as a table. */
export class ChartView {
  readonly element: HTMLElement;
  readonly #options: ChartViewOptions;
  readonly #toggle;
  readonly #canvas = el('canvas', { attributes: { role: 'img' } });
  readonly #plot = el('div', { class: 'chart-plot' }, this.#canvas);
  readonly #table = el('div');
  readonly #legend = el('ul', { class: 'legend' });
  #showTable: boolean;
  #content: ChartContent | undefined;
  #chart: Chart<'bar', (number | null)[], string> | undefined;

  constructor(options: ChartViewOptions) {
    this.#options = options;
    this.#showTable = options.showTable;
    this.#toggle = createIconButton({ icon: 'table', label: '', onClick: () => this.#switch() });
    const head = el(
      'div',
      { class: 'chart-head' },
      el('h2', { text: options.title }),
      this.#legend,
      this.#toggle.element,
    );
    this.element = el('section', { class: 'chart' }, head, this.#plot, this.#table);
    this.#present();
    onThemeChange(() => this.#draw('none'));
  }

  /** Shows other data. */
  show(content: ChartContent): void {
    this.#content = content;
    this.#canvas.setAttribute('aria-label', content.summary);
    this.#legend.replaceChildren(...content.legend.map(legendItem));
    this.#plot.style.height = `${content.height}px`;
    this.#table.replaceChildren(chartTable(content.table, this.#options.title));
    this.#draw();
  }

  #switch(): void {
    this.#showTable = !this.#showTable;
    this.#present();
    this.#options.onToggle(this.#showTable);
    this.#draw('none');
  }

  #present(): void {
    this.#legend.hidden = this.#showTable;
    this.#plot.hidden = this.#showTable;
    this.#table.hidden = !this.#showTable;
    if (this.#showTable) this.#toggle.set('graph', 'Show as chart');
    else this.#toggle.set('table', 'Show as table');
  }

  #draw(mode?: 'none'): void {
    // A hidden canvas has no size to draw into.
    if (this.#content === undefined || this.#showTable) return;
    applyDefaults();
    const { data, options, type } = this.#content.configure();
    if (this.#chart === undefined) {
      this.#chart = new Chart(this.#canvas, { type, data, options });
      return;
    }
    this.#chart.data = data;
    if (options !== undefined) this.#chart.options = options;
    this.#chart.update(mode);
  }
}
