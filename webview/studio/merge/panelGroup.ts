/** Small charts of one kind, side by side, with one legend and one switch to the same data as tables. */
import * as l10n from '@vscode/l10n';
import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  LineController,
  LineElement,
  LinearScale,
  PointElement,
  Tooltip,
  type ChartConfiguration,
} from 'chart.js';
import type { Exportable } from '../../common/chartExport.ts';
import { chartTable, type ChartTable } from '../../common/chartTable.ts';
import { el } from '../../common/dom.ts';
import type { Drawing } from '../../common/drawing.ts';
import { canvasOf } from '../../common/drawingCanvas.ts';
import { svgFile } from '../../common/drawingSvg.ts';
import { onThemeChange } from '../../common/theme.ts';
import { TRUNCATE } from '../../common/truncationTip.ts';
import { createIconButton } from '../../common/ui/toolkit.ts';
import { applyDefaults } from './chartDefaults.ts';
import { chartDrawing } from './chartDrawing.ts';

Chart.register(
  BarController,
  BarElement,
  CategoryScale,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
);

export interface Panel {
  /** Its title before it is translated: files are named after it. */
  readonly name: string;
  readonly title: string;
  /** What the chart shows, in a sentence. */
  readonly summary: string;
  readonly height: number;
  /** Called again when the theme changes. */
  readonly configure: () => ChartConfiguration;
  readonly table: ChartTable;
}

/** A button that opens the menu of one chart, for example to save it. */
export type ChartMenu = (source: Exportable) => HTMLElement;

export interface PanelGroupOptions {
  readonly title: string;
  readonly showTable: boolean;
  readonly onToggle: (showTable: boolean) => void;
  readonly menu: ChartMenu | undefined;
}

export class PanelGroup {
  readonly element: HTMLElement;
  readonly #options: PanelGroupOptions;
  readonly #toggle;
  readonly #legend = el('ul', { class: 'legend' });
  readonly #body = el('div', { class: 'panels' });
  #showTable: boolean;
  #panels: readonly Panel[] = [];
  #charts: Chart[] = [];
  /** Whether the panels are drawn as they are now. */
  #isDrawn = false;

  constructor(options: PanelGroupOptions) {
    this.#options = options;
    this.#showTable = options.showTable;
    this.#toggle = createIconButton({ icon: 'table', label: '', onClick: () => this.#switch() });
    const title = el('h2', { text: options.title });
    const head = el('div', { class: 'chart-head' }, title, this.#legend, this.#toggle.element);
    this.element = el(
      'section',
      { class: 'panel-group', attributes: { 'aria-label': options.title } },
      head,
      this.#body,
    );
    onThemeChange(() => this.#draw());
    new ResizeObserver(() => {
      if (!this.#isDrawn) this.#draw();
    }).observe(this.#body);
  }

  /** Shows other data, or nothing if there is none. */
  show(panels: readonly Panel[], legend: readonly HTMLElement[]): void {
    this.#panels = panels;
    this.element.hidden = panels.length === 0;
    this.#legend.replaceChildren(...legend);
    this.#draw();
  }

  #switch(): void {
    this.#showTable = !this.#showTable;
    this.#options.onToggle(this.#showTable);
    this.#draw();
  }

  #draw(): void {
    const { title } = this.#options;
    if (this.#showTable) this.#toggle.set('graph-line', l10n.t('Show as charts: {0}', title));
    else this.#toggle.set('table', l10n.t('Show as tables: {0}', title));
    this.#legend.hidden = this.#showTable;
    // The panels of a hidden tab are drawn once it comes into view.
    this.#isDrawn = this.#body.clientWidth > 0;
    if (!this.#isDrawn) return;
    for (const chart of this.#charts) chart.destroy();
    this.#charts = [];
    const shown = this.#panels.map(panel => {
      const content = this.#showTable ? chartTable(panel.table, panel.title) : this.#canvas(panel);
      const head = el('div', { class: 'panel-head' }, el('h3', { class: TRUNCATE, text: panel.title }));
      const menu = this.#menu(panel, content);
      if (menu !== undefined) head.append(el('div', { class: 'panel-menu' }, menu));
      return el('div', { class: 'panel', testid: 'merge-panel' }, head, content);
    });
    this.#body.replaceChildren(...shown);
    if (this.#showTable) return;
    applyDefaults();
    this.#charts = this.#panels.flatMap((panel, at) => {
      const canvas = shown[at]?.querySelector('canvas');
      return canvas ? [new Chart(canvas, panel.configure())] : [];
    });
  }

  #menu({ name, title, summary, table }: Panel, content: HTMLElement): HTMLElement | undefined {
    const drawn = <T>(make: (drawing: Drawing) => T): T | undefined => {
      const canvas = content.querySelector('canvas');
      const chart = canvas ? Chart.getChart(canvas) : undefined;
      return chart && make(chartDrawing(chart, title));
    };
    return this.#options.menu?.({
      name: name.toLowerCase().replace(/[^a-z0-9]+/g, '-'),
      title,
      canvas: () => drawn(canvasOf),
      svg: () => drawn(drawing => svgFile(drawing, summary)),
      table: () => table,
    });
  }

  #canvas({ summary, height }: Panel): HTMLElement {
    const canvas = el('canvas', { attributes: { role: 'img', 'aria-label': summary } });
    const plot = el('div', { class: 'chart-plot' }, canvas);
    plot.style.height = `${height}px`;
    return plot;
  }
}
