import './charts.css';
import './plot.css';
import { el } from './dom.ts';
import { chartTable, legendItem, type ChartTable, type LegendEntry } from './charts.ts';
import { drawPicture, pngFile, svgFile, type Picture } from './picture.ts';
import { openMenu } from './popupMenu.ts';
import { isHighContrast, onThemeChange } from './theme.ts';
import { createIconButton } from './ui/toolkit.ts';

/** A file made of a figure. */
export type FigureFile =
  | { readonly extension: 'png' | 'svg'; readonly content: Uint8Array | string }
  | { readonly extension: 'csv'; readonly content: ChartTable };

export interface FigureOptions {
  readonly title: string;
  /** Names files of it. */
  readonly name: string;
  readonly showTable: boolean;
  readonly onToggle: (showTable: boolean) => void;
  readonly onSave: (name: string, file: FigureFile) => void;
  readonly onFail: (error: unknown) => void;
}

export interface FigureContent {
  /** What is seen, in a sentence, for those who do not see it. */
  readonly summary: string;
  readonly legend: readonly LegendEntry[];
  readonly draw: (width: number) => Picture;
  /** Made when it is looked at. */
  readonly table: () => ChartTable;
}

/** A titled drawing, with a switch to the same data as a table, and ways to take either along. */
export class Figure {
  readonly element: HTMLElement;
  /** The drawing; what can be dragged lies over it. */
  readonly plot = el('div', { class: 'plot' });
  readonly #options: FigureOptions;
  readonly #svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  readonly #table = el('div', { class: 'figure-table' });
  readonly #legend = el('ul', { class: 'legend' });
  readonly #toggle;
  #showTable: boolean;
  #content: FigureContent | undefined;
  #width = 0;

  constructor(options: FigureOptions) {
    this.#options = options;
    this.#showTable = options.showTable;
    this.#svg.setAttribute('role', 'img');
    this.plot.append(this.#svg);
    this.#toggle = createIconButton({ icon: 'table', label: '', onClick: () => this.#switch() });
    const more = createIconButton({
      icon: 'export',
      label: `Copy or save: ${options.title}`,
      onClick: () => this.#openMenu(more.element),
    });
    const tools = el('div', { class: 'figure-tools' }, this.#toggle.element, more.element);
    const head = el('div', { class: 'figure-head' }, el('h2', { text: options.title }), tools);
    this.element = el('section', { class: 'figure' }, head, this.#legend, this.plot, this.#table);
    this.#present();
    new ResizeObserver(() => this.#resized()).observe(this.element);
    // Colours follow by themselves; patterns stand in high contrast only.
    let contrast = isHighContrast();
    onThemeChange(() => {
      if (contrast === isHighContrast()) return;
      contrast = isHighContrast();
      this.#draw();
    });
  }

  get width(): number {
    return this.#width;
  }

  show(content: FigureContent): void {
    if (content.legend !== this.#content?.legend) {
      this.#legend.replaceChildren(...content.legend.map(legendItem));
    }
    this.#content = content;
    this.#draw();
  }

  #switch(): void {
    this.#showTable = !this.#showTable;
    this.#present();
    this.#options.onToggle(this.#showTable);
    this.#draw();
  }

  #present(): void {
    this.plot.hidden = this.#showTable;
    this.#legend.hidden = this.#showTable;
    this.#table.hidden = !this.#showTable;
    if (this.#showTable) this.#toggle.set('graph', `Show as chart: ${this.#options.title}`);
    else this.#toggle.set('table', `Show as table: ${this.#options.title}`);
  }

  #resized(): void {
    const width = Math.floor(this.element.clientWidth);
    if (width === this.#width || width === 0) return;
    this.#width = width;
    this.#draw();
  }

  #draw(): void {
    if (this.#content === undefined || this.#width === 0) return;
    const { draw, summary, table } = this.#content;
    if (this.#showTable) {
      this.#table.replaceChildren(chartTable(table(), this.#options.title));
      return;
    }
    this.#svg.setAttribute('aria-label', summary);
    drawPicture(this.#svg, draw(this.#width));
  }

  #openMenu(anchor: HTMLElement): void {
    const content = this.#content;
    if (content === undefined) return;
    const { title, name, onSave, onFail } = this.#options;
    const picture = () => content.draw(this.#width);
    const png = async () => new Uint8Array(await (await pngFile(picture())).arrayBuffer());
    const orFail = (work: () => Promise<void>) => () => void work().catch(onFail);
    openMenu(title, anchor.getBoundingClientRect(), [
      {
        label: 'Copy as PNG',
        onPick: orFail(async () => {
          await navigator.clipboard.write([new ClipboardItem({ 'image/png': pngFile(picture()) })]);
        }),
      },
      {
        label: 'Save as PNG…',
        onPick: orFail(async () => onSave(name, { extension: 'png', content: await png() })),
      },
      {
        label: 'Save as SVG…',
        onPick: () => onSave(name, { extension: 'svg', content: svgFile(picture()) }),
      },
      {
        label: 'Save the table as CSV…',
        separated: true,
        onPick: () => onSave(name, { extension: 'csv', content: content.table() }),
      },
    ]);
  }
}
