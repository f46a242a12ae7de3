/** A heat grid for export: as a drawing, and as a table. */
import * as l10n from '@vscode/l10n';
import type { ChartTable } from '../common/chartTable.ts';
import type { Drawing } from '../common/drawing.ts';
import { NONE } from '../common/format.ts';
import { drawHeatMap } from '../common/heatMap.ts';

import type { Grid } from './model/grid.ts';

export interface HeatCells {
  readonly grid: Grid;
  /** Row by row; NaN where there is no tensor. */
  readonly values: ArrayLike<number>;
  readonly marks: readonly CellMark[];
}

const EM_SPACE = '\u2003';

/** How each mark is drawn and labelled. */
export const MARKS: Readonly<
  Record<NonNullable<CellMark>, { readonly sign: string; readonly word: string }>
> = {
  pinned: { sign: '◆', word: l10n.t('pinned') },
  exact: { sign: '■', word: l10n.t('exact') },
  floored: { sign: '▴', word: l10n.t('floored') },
};

/** @param says what a cell stands for, by its index among the values */
export function heatDrawing(
  { grid: { roles, layers }, values, marks }: HeatCells,
  { level, low, high }: HeatScale,
  legend: readonly string[],
  says: (at: number) => string,
  width: number,
): Drawing {
  const cells = Array.from(values, (value, at) => {
    const mark = marks[at];
    return {
      value: Number.isNaN(value) ? undefined : level(value),
      tip: says(at),
      text: mark === undefined ? '' : MARKS[mark].sign,
    };
  });
  return drawHeatMap(
    {
      rows: roles.length,
      columns: layers.length,
      values: cells.map(({ value }) => value),
      tips: cells.map(({ tip }) => tip),
      texts: cells.map(({ text }) => text),
      labels: {
        rows: roles.map(({ label }) => label),
        columns: layers.map(layer => (layer === undefined ? NONE : String(layer))),
      },
      range: [0, 1],
      diverging: false,
      legend: [low, [high, ...legend].join(EM_SPACE)],
    },
    width,
  );
}

/** One row per role, one column per layer. */
export function heatTable({ grid: { roles, layers }, values, marks }: HeatCells): ChartTable {
  const cell = (at: number) => {
    const value = values[at];
    if (value === undefined || Number.isNaN(value)) return '';
    const mark = marks[at];
    return mark === undefined ? value.toFixed(2) : `${value.toFixed(2)} ${MARKS[mark].word}`;
  };
  return {
    columns: [
      l10n.t('tensors'),
      ...layers.map(layer => (layer === undefined ? l10n.t('outside') : String(layer))),
    ],
    rows: roles.map(({ label }, row) => [label, ...layers.map((_, at) => cell(row * layers.length + at))]),
  };
}

export type CellMark = 'pinned' | 'exact' | 'floored' | undefined;

/** How a number becomes a shade, and a text. */
export interface HeatScale {
  /** 0 to 1. */
  readonly level: (value: number) => number;
  readonly format: (value: number) => string;
  /** Ends of the legend. */
  readonly low: string;
  readonly high: string;
}
