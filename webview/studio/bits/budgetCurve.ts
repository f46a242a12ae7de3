import * as l10n from '@vscode/l10n';
import { el } from '../../common/dom.ts';
import { formatBitsPerWeight, formatBytes, formatError } from '../../common/format.ts';
import { tableState } from '../../common/chartFrame.ts';
import { Figure } from '../../common/figure.ts';
import type { StudioMark } from '../../../extension/protocol/studio.ts';
import type { StudioContext } from '../context.ts';
import { CurveScale, curvePicture, curvePoints, curveTable, type CurveData } from '../curvePicture.ts';
import { bitsPerWeight } from '../model/budgetText.ts';
import type { StudioModel } from '../model/studioModel.ts';

const HEIGHT = 220;
const POINTS = 160;
/** How far keys move the dot: bytes by a factor. */
const STEP = 1.01;
const LEAP = 1.1;

/** The rate–distortion curve of the selection; the dot on it is the budget. */
export class BudgetCurve {
  readonly #figure: Figure;
  readonly #handle = el('div', {
    class: 'plot-handle',
    testid: 'tvq-budget-dot',
    attributes: {
      role: 'slider',
      tabindex: '0',
      'aria-label': l10n.t('Budget'),
      'aria-orientation': 'horizontal',
    },
  });
  readonly #model: () => StudioModel;
  #data: CurveData | undefined;
  #marks: readonly StudioMark[] = [];
  #drags = 0;

  constructor(context: StudioContext, model: () => StudioModel) {
    this.#model = model;
    this.#figure = new Figure({
      ...tableState(context.state, 'error-by-size', l10n.t('Error by size')),
      exports: context,
    });
    this.#figure.plot.append(this.#handle);
    this.#figure.plot.addEventListener('pointerdown', event => this.#pointerDown(event));
    this.#handle.addEventListener('keydown', event => this.#keyDown(event));
    new ResizeObserver(() => this.#place()).observe(this.#figure.element);
  }

  get element(): HTMLElement {
    return this.#figure.element;
  }

  setMarks(marks: readonly StudioMark[]): void {
    this.#marks = marks;
    this.show(true);
  }

  /** @param wishes whether the curve itself changed, not only the position on it */
  show(wishes: boolean): void {
    const model = this.#model();
    const { allocation } = model;
    if (wishes || this.#data === undefined) {
      const data: CurveData = {
        points: curvePoints(allocation.curve(POINTS)),
        marks: this.#marks.map(({ label, bytes }) => ({ label, x: bytes })),
        formatX: formatBytes,
        titleX: l10n.t('size of the file'),
        height: HEIGHT,
      };
      this.#data = data;
      this.#figure.show({
        summary: l10n.t(
          'Error by size of the file, from {0} to {1}',
          formatBytes(allocation.range.smallest),
          formatBytes(allocation.range.largest),
        ),
        legend: [],
        draw: width => curvePicture(data, width),
        table: () => curveTable(data),
      });
    }
    this.#place();
  }

  #place(): void {
    const { width } = this.#figure;
    if (this.#data === undefined || width === 0) return;
    const { allocation, budget, spent } = this.#model();
    const scale = new CurveScale(this.#data, width);
    const { smallest, largest } = allocation.range;
    this.#handle.style.left = `${scale.x(spent.bytes)}px`;
    this.#handle.style.top = `${scale.y(spent.error)}px`;
    const bits = formatBitsPerWeight(bitsPerWeight(budget.kind, spent.bytes, allocation.table));
    const text = l10n.t(
      '{0}, {1} bits per weight, error about {2}',
      formatBytes(spent.bytes),
      bits,
      formatError(spent.error),
    );
    const values = { valuemin: smallest, valuemax: largest, valuenow: spent.bytes, valuetext: text };
    for (const [name, value] of Object.entries(values))
      this.#handle.setAttribute(`aria-${name}`, String(value));
  }

  #pointerDown(event: PointerEvent): void {
    if (event.button !== 0 || this.#data === undefined) return;
    const { plot, width } = this.#figure;
    const group = `drag ${++this.#drags}`;
    const data = this.#data;
    const move = ({ clientX }: PointerEvent) => {
      const x = clientX - plot.getBoundingClientRect().left;
      this.#model().drag(new CurveScale(data, width).valueAt(x), group);
    };
    const up = () => {
      plot.removeEventListener('pointermove', move);
      plot.removeEventListener('pointerup', up);
      plot.removeEventListener('pointercancel', up);
    };
    plot.setPointerCapture(event.pointerId);
    plot.addEventListener('pointermove', move);
    plot.addEventListener('pointerup', up);
    plot.addEventListener('pointercancel', up);
    event.preventDefault();
    this.#handle.focus();
    move(event);
  }

  #keyDown(event: KeyboardEvent): void {
    const model = this.#model();
    const { smallest, largest } = model.allocation.range;
    const { bytes } = model.spent;
    const to = {
      ArrowRight: bytes * STEP,
      ArrowUp: bytes * STEP,
      ArrowLeft: bytes / STEP,
      ArrowDown: bytes / STEP,
      PageUp: bytes * LEAP,
      PageDown: bytes / LEAP,
      Home: smallest,
      End: largest,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    model.drag(to, 'keys');
  }
}
