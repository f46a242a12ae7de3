import './plot.css';
import { ChartFrame, type ChartFrameOptions, type LegendEntry } from './chartFrame.ts';
import type { ChartTable } from './chartTable.ts';
import { el, setLabel } from './dom.ts';
import type { Drawing } from './drawing.ts';
import { canvasOf } from './drawingCanvas.ts';
import { drawSvg, svgFile } from './drawingSvg.ts';
import { isHighContrast, onThemeChange } from './theme.ts';

export interface FigureContent {
  /** What the figure shows, in a sentence, for those who cannot see it. */
  readonly summary: string;
  readonly legend: readonly LegendEntry[];
  readonly draw: (width: number) => Drawing;
  /** Called when the table is shown. */
  readonly table: () => ChartTable;
}

/** A drawing that is part of the page: redrawn with every frame of a drag, and with things to drag on it. */
export class Figure {
  /** The drawing; what can be dragged lies over it. */
  readonly plot = el('div', { class: 'plot' });
  readonly #frame: ChartFrame;
  readonly #svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  #content: FigureContent | undefined;
  #width = 0;

  constructor(options: ChartFrameOptions) {
    this.#svg.setAttribute('role', 'img');
    this.plot.append(this.#svg);
    const pictures = {
      canvas: () => this.#content && canvasOf(this.#content.draw(this.#width)),
      svg: () => this.#content && svgFile(this.#content.draw(this.#width), this.#content.summary),
    };
    this.#frame = new ChartFrame(options, pictures, () => this.#draw());
    this.#frame.plot.append(this.plot);
    new ResizeObserver(() => this.#resized()).observe(this.element);
    // Colours follow the theme automatically; patterns are drawn only in high contrast.
    let contrast = isHighContrast();
    onThemeChange(() => {
      if (contrast === isHighContrast()) return;
      contrast = isHighContrast();
      this.#draw();
    });
  }

  get element(): HTMLElement {
    return this.#frame.element;
  }

  get width(): number {
    return this.#width;
  }

  show(content: FigureContent): void {
    this.#content = content;
    this.#frame.show(content.legend, content.table);
    this.#draw();
  }

  #resized(): void {
    const width = Math.floor(this.element.clientWidth);
    if (width === this.#width || width === 0) return;
    this.#width = width;
    this.#draw();
  }

  #draw(): void {
    if (this.#content === undefined || this.#width === 0 || this.#frame.showsTable) return;
    setLabel(this.#svg, this.#content.summary);
    drawSvg(this.#svg, this.#content.draw(this.#width));
  }
}
