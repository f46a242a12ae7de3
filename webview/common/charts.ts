import { BarController, BarElement, CategoryScale, Chart, LinearScale, Tooltip } from 'chart.js';
import type { ChartConfiguration } from 'chart.js';
import { ChartFrame, type ChartFrameOptions, type LegendEntry } from './chartFrame.ts';
import type { ChartTable } from './chartTable.ts';
import { el } from './dom.ts';
import { FONT_SIZE, fontFamily, tipAt, type Drawing } from './drawing.ts';
import { paint } from './drawingCanvas.ts';
import { svgFile } from './drawingSvg.ts';
import { onThemeChange, prefersReducedMotion, token } from './theme.ts';

Chart.register(BarController, BarElement, CategoryScale, LinearScale, Tooltip);

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

/** Text settings that chart.js cannot inherit from the page. */
export function applyDefaults(): void {
  Chart.defaults.font.family = fontFamily();
  Chart.defaults.font.size = FONT_SIZE;
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

/** A chart on a canvas that follows the theme, and says what is pointed at. */
export class ChartView {
  readonly #frame: ChartFrame;
  readonly #canvas = el('canvas', { attributes: { role: 'img' } });
  readonly #tip = el('div', { class: 'tip' });
  #content: ChartContent | undefined;
  #chart: Chart<'bar', (number | null)[], string> | undefined;
  #drawing: Drawing | undefined;

  /** @param controls what stands between title and buttons */
  constructor(options: ChartFrameOptions, ...controls: HTMLElement[]) {
    const isSeen = () => this.#content !== undefined && !this.#frame.showsTable;
    const pictures = {
      canvas: () => (isSeen() ? this.#canvas : undefined),
      svg: () =>
        isSeen() && this.#drawing
          ? svgFile(this.#drawing, this.#content?.summary ?? options.title)
          : undefined,
    };
    this.#frame = new ChartFrame(options, pictures, () => this.#draw('none'), ...controls);
    this.#tip.hidden = true;
    this.element.append(this.#tip);
    const { plot } = this.#frame;
    plot.append(this.#canvas);
    onThemeChange(() => this.#draw('none'));
    new ResizeObserver(() => {
      // A panel came into view, or a drawing has to fit into another width; chart.js sees to its own.
      const width = plot.clientWidth;
      if (width > 0 && this.#drawing?.width !== width && this.#chart === undefined) this.#draw('none');
    }).observe(plot);
    plot.addEventListener('pointermove', event => this.#point(event));
    plot.addEventListener('pointerleave', () => (this.#tip.hidden = true));
  }

  get element(): HTMLElement {
    return this.#frame.element;
  }

  /** Shows other data. */
  show(content: ChartContent): void {
    this.#content = content;
    this.#canvas.setAttribute('aria-label', content.summary);
    if ('height' in content) this.#frame.plot.style.height = `${content.height}px`;
    this.#frame.show(content.legend, () => content.table);
    this.#draw();
  }

  #draw(mode?: 'none'): void {
    const { plot } = this.#frame;
    // A hidden canvas has no size to draw into.
    if (this.#content === undefined || plot.clientWidth === 0) return;
    applyDefaults();
    if ('draw' in this.#content) {
      this.#drawing = this.#content.draw(plot.clientWidth);
      plot.style.height = `${this.#drawing.height}px`;
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
}
