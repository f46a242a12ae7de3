import * as l10n from '@vscode/l10n';
import './heatGrid.css';
import { ChartFrame, type ChartFrameOptions } from '../common/chartFrame.ts';
import { el, setLabel, setText } from '../common/dom.ts';
import type { Drawing } from '../common/drawing.ts';
import { canvasOf } from '../common/drawingCanvas.ts';
import { svgFile } from '../common/drawingSvg.ts';
import { NONE } from '../common/format.ts';
import { moveCell, type Cell } from '../common/gridNavigation.ts';
import { TRUNCATE } from '../common/truncationTip.ts';
import {
  heatDrawing,
  heatTable,
  MARKS,
  type CellMark,
  type HeatCells,
  type HeatScale,
} from './heatPicture.ts';
import type { CellValues } from './model/cells.ts';
import type { Grid } from './model/grid.ts';

/** Number of distinguishable shades; cells whose shade stays the same are not touched. */
const SHADES = 24;
const PAGE = 8;
/** Keeps the picture of a grid in a narrow panel legible. */
const MIN_PICTURE = 640;

/** What was picked: a cell, or a whole column or row, with −1 as its row or column. */
export interface HeatPick extends Cell {
  readonly at: DOMRect;
}

export interface HeatGridOptions extends ChartFrameOptions {
  readonly id: string;
  readonly label: string;
  readonly scale: HeatScale;
  /** Marks that the legend explains. */
  readonly legend: readonly string[];
  readonly onPick: (pick: HeatPick) => void;
}

/** Roles by layers, shaded. One tab stop: arrows move over cells, names and layer numbers; Enter picks. */
export class HeatGrid {
  readonly #frame: ChartFrame;
  readonly #options: HeatGridOptions;
  readonly #body: HTMLElement;
  readonly #status = el('span', { class: 'quiet', attributes: { role: 'status' } });
  /** Including the names in front and the layers' numbers on top: one row and one column more than the grid. */
  #cells: HTMLElement[][] = [];
  #levels = new Int8Array();
  #grid: Grid | undefined;
  #shown: CellValues | undefined;
  #marks: readonly CellMark[] = [];
  #active: Cell = { row: 1, column: 1 };

  /** @param controls what goes between title and buttons */
  constructor(options: HeatGridOptions, ...controls: HTMLElement[]) {
    this.#options = options;
    const pictures = {
      canvas: () => this.#withCells(cells => canvasOf(this.#drawing(cells))),
      svg: () => this.#withCells(cells => svgFile(this.#drawing(cells), options.title)),
    };
    this.#frame = new ChartFrame(options, pictures, () => undefined, ...controls);
    const attributes = { role: 'grid', tabindex: '0', 'aria-label': options.label, 'aria-readonly': 'true' };
    this.#body = el('div', { class: 'heat-grid', testid: options.id, attributes });
    this.#body.addEventListener('keydown', event => this.#keyDown(event));
    this.#body.addEventListener('click', event => this.#clicked(event));
    this.#body.addEventListener('pointerover', event => this.#hovered(event));
    this.#body.addEventListener('focus', () => this.#activate(this.#active));
    const foot = el('div', { class: 'heat-foot' }, this.#scaleLegend(), this.#status);
    const scroll = el('div', { class: 'heat-scroll' }, this.#body);
    this.#frame.plot.append(el('div', { class: 'heat' }, scroll, foot));
  }

  get element(): HTMLElement {
    return this.#frame.element;
  }

  /** Shows another grid of cells, or nothing if undefined; the same grid is left alone. */
  setGrid(grid: Grid | undefined): void {
    if (grid !== undefined && grid === this.#grid) return;
    this.element.hidden = grid === undefined;
    this.#grid = grid;
    this.#shown = undefined;
    if (grid === undefined) return;
    const { roles, layers } = grid;
    const first = roles[0]?.tensors.findIndex(tensor => tensor >= 0) ?? 0;
    this.#active = { row: 1, column: 1 + first };
    this.#marks = [];
    this.#levels = new Int8Array(roles.length * layers.length).fill(-1);
    this.#body.style.gridTemplateColumns = `max-content repeat(${layers.length}, minmax(14px, 56px))`;
    const head = (text: string, row: boolean, title: string) =>
      el('div', {
        class: row ? `heat-head row ${TRUNCATE}` : 'heat-head',
        text,
        attributes: { role: row ? 'rowheader' : 'columnheader', title },
      });
    const top = [
      el('div', { class: 'heat-head row', text: l10n.t('all'), attributes: { role: 'columnheader' } }),
      ...layers.map(layer => head(layer === undefined ? NONE : String(layer), false, layerText(layer))),
    ];
    const rows = roles.map(({ label, pattern, tensors }) => [
      head(label, true, pattern),
      ...Array.from(tensors, tensor =>
        el('div', { class: tensor < 0 ? 'heat-cell none' : 'heat-cell', attributes: { role: 'gridcell' } }),
      ),
    ]);
    this.#cells = [top, ...rows];
    this.#body.replaceChildren(
      ...this.#cells.map(cells => el('div', { class: 'heat-row', attributes: { role: 'row' } }, ...cells)),
    );
  }

  /** Shades the cells. */
  show(shown: CellValues, marks: readonly CellMark[]): void {
    this.#shown = shown;
    const { values, columns } = shown;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      const cell = this.#cells[1 + Math.floor(i / columns)]?.[1 + (i % columns)];
      if (cell === undefined || Number.isNaN(value)) continue;
      const level = Math.round(Math.min(Math.max(this.#options.scale.level(value), 0), 1) * SHADES);
      if (level !== this.#levels[i]) {
        this.#levels[i] = level;
        cell.style.setProperty('--level', String(level / SHADES));
      }
      if (marks[i] !== this.#marks[i]) {
        for (const mark of ['pinned', 'exact', 'floored'] as const)
          cell.classList.toggle(mark, marks[i] === mark);
      }
    }
    this.#marks = marks;
    this.#frame.show([], () => this.#withCells(heatTable) ?? { columns: [], rows: [] });
  }

  /** undefined before there is something to show. */
  #withCells<T>(make: (cells: HeatCells) => T): T | undefined {
    if (this.#grid === undefined || this.#shown === undefined) return undefined;
    return make({ grid: this.#grid, values: this.#shown.values, marks: this.#marks });
  }

  #drawing(cells: HeatCells): Drawing {
    const { scale, legend } = this.#options;
    const columns = cells.grid.layers.length;
    const says = (at: number) =>
      this.#describe({ row: 1 + Math.floor(at / columns), column: 1 + (at % columns) });
    return heatDrawing(cells, scale, legend, says, Math.max(this.element.clientWidth, MIN_PICTURE));
  }

  #scaleLegend(): HTMLElement {
    const { scale, legend } = this.#options;
    const ramp = [0, 0.2, 0.4, 0.6, 0.8, 1].map(level => {
      const step = el('span', { class: 'heat-cell' });
      step.style.setProperty('--level', String(level));
      return step;
    });
    return el(
      'span',
      { class: 'heat-scale quiet' },
      scale.low,
      el('span', { class: 'heat-ramp', attributes: { 'aria-hidden': 'true' } }, ...ramp),
      scale.high,
      ...legend.map(text => el('span', { text })),
    );
  }

  #at(target: EventTarget | null): Cell | undefined {
    if (!(target instanceof HTMLElement)) return undefined;
    const row = this.#cells.findIndex(cells => cells[0]?.parentElement === target.parentElement);
    const column = this.#cells[row]?.indexOf(target) ?? -1;
    return row >= 0 && column >= 0 ? { row, column } : undefined;
  }

  #describe({ row, column }: Cell): string {
    const role = this.#grid?.roles[row - 1];
    const layer = this.#grid?.layers[column - 1];
    if (row === 0) return column === 0 ? l10n.t('all tensors') : allOfText(layer);
    if (column === 0) return `${role?.label}, ${l10n.t('all layers')}`;
    const where = `${role?.label}, ${layerText(layer)}`;
    const index = (row - 1) * (this.#shown?.columns ?? 0) + column - 1;
    const value = this.#shown?.values[index];
    if (value === undefined || Number.isNaN(value)) return `${where}: ${l10n.t('no tensor')}`;
    const mark = this.#marks[index];
    return `${where}: ${this.#options.scale.format(value)}${mark ? `, ${MARKS[mark].word}` : ''}`;
  }

  #activate(cell: Cell): void {
    this.#cells[this.#active.row]?.[this.#active.column]?.classList.remove('active');
    this.#active = cell;
    const element = this.#cells[cell.row]?.[cell.column];
    if (element === undefined) return;
    element.classList.add('active');
    element.id = `${this.#options.id}-${cell.row}-${cell.column}`;
    setLabel(element, this.#describe(cell));
    this.#body.setAttribute('aria-activedescendant', element.id);
    setText(this.#status, this.#describe(cell));
    element.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }

  #keyDown(event: KeyboardEvent): void {
    if (event.altKey || event.metaKey || event.ctrlKey) return;
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      return this.#pick(this.#active);
    }
    const size = { rows: this.#cells.length, columns: this.#cells[0]?.length ?? 0, page: PAGE };
    const to = moveCell(this.#active, event.key, size);
    if (to === undefined) return;
    event.preventDefault();
    this.#activate(to);
  }

  #clicked(event: MouseEvent): void {
    const cell = this.#at(event.target);
    if (cell === undefined) return;
    this.#activate(cell);
    this.#pick(cell);
  }

  #hovered(event: PointerEvent): void {
    const cell = this.#at(event.target);
    if (cell !== undefined) setText(this.#status, this.#describe(cell));
  }

  #pick({ row, column }: Cell): void {
    const at = this.#cells[row]?.[column]?.getBoundingClientRect();
    if (at && !this.#cells[row]?.[column]?.classList.contains('none'))
      this.#options.onPick({ row: row - 1, column: column - 1, at });
  }
}

const layerText = (layer: number | undefined): string =>
  layer === undefined ? l10n.t('outside the layers') : l10n.t('layer {0}', layer);

const allOfText = (layer: number | undefined): string =>
  layer === undefined ? l10n.t('everything outside the layers') : l10n.t('all of layer {0}', layer);
