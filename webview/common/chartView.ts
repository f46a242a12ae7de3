import { ChartFrame, type ChartFrameOptions, type LegendEntry } from './chartFrame.ts';
import type { ChartTable } from './chartTable.ts';
import { el, setLabel, setText } from './dom.ts';
import { tipAt, type Drawing } from './drawing.ts';
import { canvasOf, paint } from './drawingCanvas.ts';
import { svgFile } from './drawingSvg.ts';
import { onThemeChange } from './theme.ts';

/** What a chart shows. */
export interface ChartContent {
  /** What the chart shows, in a sentence, for those who cannot see it. */
  readonly summary: string;
  readonly legend: readonly LegendEntry[];
  readonly table: ChartTable;
  /** Reads tokens and fits the width; called again when theme or width change. */
  readonly draw: (width: number) => Drawing;
}

/** A chart on a canvas that follows the theme, and shows a tip for what is pointed at. */
export class ChartView {
  readonly #frame: ChartFrame;
  readonly #canvas = el('canvas', { attributes: { role: 'img' } });
  readonly #tip = el('div', { class: 'tip' });
  #content: ChartContent | undefined;
  #drawing: Drawing | undefined;

  /** @param controls what goes between title and buttons */
  constructor(options: ChartFrameOptions, ...controls: HTMLElement[]) {
    const pictures = {
      canvas: () => this.#drawAgain(canvasOf),
      svg: () => this.#drawAgain(drawing => svgFile(drawing, this.#content?.summary ?? options.title)),
    };
    this.#frame = new ChartFrame(options, pictures, () => this.#draw(), ...controls);
    this.#tip.hidden = true;
    this.element.append(this.#tip);
    const { plot } = this.#frame;
    plot.append(this.#canvas);
    onThemeChange(() => this.#draw());
    new ResizeObserver(() => {
      // A panel came into view, or the drawing has to fit a new width.
      const width = plot.clientWidth;
      if (width > 0 && this.#drawing?.width !== width) this.#draw();
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
    setLabel(this.#canvas, content.summary);
    this.#frame.show(content.legend, () => content.table);
    this.#draw();
  }

  #draw(): void {
    const { plot } = this.#frame;
    // A hidden canvas has no size to draw into.
    if (this.#content === undefined || plot.clientWidth === 0) return;
    this.#drawing = this.#content.draw(plot.clientWidth);
    plot.style.height = `${this.#drawing.height}px`;
    paint(this.#canvas, this.#drawing);
  }

  /** The current content, as wide as it was last shown; undefined if it was never shown. */
  #drawAgain<T>(make: (drawing: Drawing) => T): T | undefined {
    return this.#content && this.#drawing && make(this.#content.draw(this.#drawing.width));
  }

  /** Shows a tip for what is pointed at; without a pointer there is the table. */
  #point(event: PointerEvent): void {
    const tip = this.#drawing && tipAt(this.#drawing, event.offsetX, event.offsetY);
    this.#tip.hidden = tip === undefined;
    if (tip === undefined) return;
    setText(this.#tip, tip);
    const { width, height } = this.#tip.getBoundingClientRect();
    this.#tip.style.left = `${Math.max(4, Math.min(event.clientX + 12, window.innerWidth - width - 4))}px`;
    this.#tip.style.top = `${Math.max(4, event.clientY - height - 8)}px`;
  }
}
