import './charts.css';
import { BarController, BarElement, CategoryScale, Chart, LinearScale, Tooltip } from 'chart.js';
import type { ChartConfiguration } from 'chart.js';
import { exportMenu, type ChartExports, type Exportable } from './chartExport.ts';
import { el } from './dom.ts';
import { paint, tipAt, toSvg, type Drawing } from './drawing.ts';
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

/** What a chart shows: by chart.js, or drawn. Either is asked for again when theme or width change. */
export type ChartContent = ChartWords & (ChartPlot | DrawnPlot);

export interface ChartWords {
  /** What is seen, in a sentence, for those who do not see it. */
  readonly summary: string;
  readonly legend: readonly LegendEntry[];
  readonly table: ChartTable;
}

export interface ChartPlot {
  readonly height: number;
  readonly configure: () => ChartConfiguration<'bar', (number | null)[], string>;
}

export interface DrawnPlot {
  /** Reads tokens, and fits into the width. */
  readonly draw: (width: number) => Drawing;
}

export interface ChartViewOptions {
  readonly title: string;
  readonly showTable: boolean;
  readonly onToggle: (showTable: boolean) => void;
  /** Where the chart may be saved to; without it there is no menu. */
  readonly exports?: ChartExports;
}

/** Text settings that chart.js cannot inherit from the page. */
export function applyDefaults(): void {
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

/** A titled chart that follows the theme, with a switch to the same data as a table, and ways to take it away. */
export class ChartView {
  readonly element: HTMLElement;
  readonly #options: ChartViewOptions;
  readonly #toggle;
  readonly #canvas = el('canvas', { attributes: { role: 'img' } });
  readonly #tip = el('div', { class: 'tip' });
  readonly #plot = el('div', { class: 'chart-plot' }, this.#canvas);
  /** Scrolls where it is long: then the keyboard has to get there. */
  readonly #table = el('div', { class: 'chart-table', attributes: { role: 'region', tabindex: '0' } });
  readonly #legend = el('ul', { class: 'legend' });
  #showTable: boolean;
  #content: ChartContent | undefined;
  #chart: Chart<'bar', (number | null)[], string> | undefined;
  #drawing: Drawing | undefined;

  /** @param controls what stands between title and buttons */
  constructor(options: ChartViewOptions, ...controls: HTMLElement[]) {
    this.#options = options;
    this.#showTable = options.showTable;
    this.#toggle = createIconButton({ icon: 'table', label: '', onClick: () => this.#switch() });
    const { title, exports } = options;
    this.#table.setAttribute('aria-label', `${title}, as a table`);
    const menu = exports && exportMenu(exports, this.#exportable(title));
    const heading = el('h2', { text: title });
    const head = el(
      'div',
      { class: 'chart-head' },
      heading,
      ...controls,
      this.#toggle.element,
      ...(menu ? [menu] : []),
    );
    this.element = el('section', { class: 'chart' }, head, this.#legend, this.#plot, this.#table, this.#tip);
    this.#tip.hidden = true;
    this.#present();
    onThemeChange(() => this.#draw('none'));
    new ResizeObserver(() => {
      // A panel came into view, or a drawing has to fit into another width; chart.js sees to its own.
      const width = this.#plot.clientWidth;
      if (width > 0 && this.#drawing?.width !== width && this.#chart === undefined) this.#draw('none');
    }).observe(this.#plot);
    this.#plot.addEventListener('pointermove', event => this.#point(event));
    this.#plot.addEventListener('pointerleave', () => (this.#tip.hidden = true));
  }

  /** Shows other data. */
  show(content: ChartContent): void {
    this.#content = content;
    this.#canvas.setAttribute('aria-label', content.summary);
    this.#legend.replaceChildren(...content.legend.map(legendItem));
    if ('height' in content) this.#plot.style.height = `${content.height}px`;
    this.#table.replaceChildren(chartTable(content.table, this.#options.title));
    this.#present();
    this.#draw();
  }

  #switch(): void {
    this.#showTable = !this.#showTable;
    this.#present();
    this.#options.onToggle(this.#showTable);
    this.#draw('none');
  }

  #present(): void {
    this.#legend.hidden = this.#showTable || this.#legend.childElementCount === 0;
    this.#plot.hidden = this.#showTable;
    this.#table.hidden = !this.#showTable;
    const { title } = this.#options;
    if (this.#showTable) this.#toggle.set('graph', `Show ${title.toLowerCase()} as chart`);
    else this.#toggle.set('table', `Show ${title.toLowerCase()} as table`);
  }

  #draw(mode?: 'none'): void {
    // A hidden canvas has no size to draw into.
    if (this.#content === undefined || this.#plot.clientWidth === 0) return;
    applyDefaults();
    if ('draw' in this.#content) {
      this.#drawing = this.#content.draw(this.#plot.clientWidth);
      this.#plot.style.height = `${this.#drawing.height}px`;
      paint(this.#canvas, this.#drawing);
      return;
    }
    const { data, options, type } = this.#content.configure();
    if (this.#chart === undefined) {
      this.#chart = new Chart(this.#canvas, { type, data, options });
      return;
    }
    this.#chart.data = data;
    if (options !== undefined) this.#chart.options = options;
    this.#chart.update(mode);
  }

  /** Says what is pointed at; who does not point has the table. */
  #point(event: PointerEvent): void {
    const tip = this.#drawing && tipAt(this.#drawing, event.offsetX, event.offsetY);
    this.#tip.hidden = tip === undefined;
    if (tip === undefined) return;
    this.#tip.textContent = tip;
    const { width, height } = this.#tip.getBoundingClientRect();
    this.#tip.style.left = `${Math.max(4, Math.min(event.clientX + 12, window.innerWidth - width - 4))}px`;
    this.#tip.style.top = `${Math.max(4, event.clientY - height - 8)}px`;
  }

  #exportable(title: string): Exportable {
    const shown = () => this.#content !== undefined && !this.#showTable;
    return {
      title,
      canvas: () => (shown() ? this.#canvas : undefined),
      svg: () =>
        shown() && this.#drawing
          ? toSvg(this.#drawing, token('--vscode-editor-background'), this.#content?.summary ?? title)
          : undefined,
      table: () => this.#content?.table ?? { columns: [], rows: [] },
    };
  }
}
