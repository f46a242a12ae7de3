import { mix, rgbOf, textOn } from './colours.ts';
import type { Drawing, Mark } from './drawing.ts';
import { drawingFont } from './histogram.ts';
import { isHighContrast, token } from './theme.ts';

/** Room for the legend below the cells. */
const LEGEND = 28;
const LEGEND_BAR = 96;
/** Between a number and the borders of its cell. */
const CELL_PADDING = 1;

export interface HeatMapCells {
  readonly rows: number;
  readonly columns: number;
  /** Row by row; null: there is no value. */
  readonly values: readonly (number | null)[];
  readonly tips: readonly string[];
  /** Written into the cells where there is room for all. */
  readonly texts?: readonly string[];
  /** Names of rows and columns; the columns' are cut to what fits. */
  readonly labels?: readonly string[];
  /** What lightest and strongest stand for; values outside are drawn as these. */
  readonly range: readonly [number, number];
  /** Below zero runs to another colour than above. */
  readonly diverging: boolean;
  readonly format: (value: number) => string;
}

/** Cells are as wide as the room, and no flatter than they have to be. */
const MAX_CELL = 40;
const MIN_HEIGHT = 24;
const MAX_HEIGHT = 320;

/** Height of the cells, in CSS pixels, for `width`. */
const cellsHeight = ({ rows, columns, labels }: HeatMapCells, width: number): number =>
  labels
    ? rows * Math.min(MAX_CELL, width / columns)
    : Math.min(MAX_HEIGHT, Math.max(MIN_HEIGHT, (rows * width) / columns));

/** How a value looks: from the editor's ground to one colour, and below zero to another. */
function scaleOf({ range, diverging }: HeatMapCells): (value: number) => string {
  const [low, high] = range;
  const ground = rgbOf(token('--vscode-editor-background'));
  const strong = rgbOf(isHighContrast() ? token('--vscode-foreground') : token('--vscode-charts-blue'));
  const below = rgbOf(
    isHighContrast() ? token('--vscode-contrastActiveBorder') : token('--vscode-charts-orange'),
  );
  return value => {
    if (diverging && value < 0) return mix(ground, below, Math.min(1, low < 0 ? value / low : 0));
    const from = diverging ? 0 : low;
    return mix(ground, strong, high > from ? Math.min(1, Math.max(0, (value - from) / (high - from))) : 0);
  };
}

/** A matrix as coloured cells, with its legend. */
export function drawHeatMap(cells: HeatMapCells, width: number): Drawing {
  const { rows, columns, values, tips, labels, texts } = cells;
  const font = drawingFont();
  const quiet = token('--vscode-descriptionForeground');
  const colour = scaleOf(cells);
  const margin = labels ? Math.min(width / 3, longest(labels, font) + 8) : 0;
  const cellWidth = labels ? Math.min(MAX_CELL * 1.6, (width - margin) / columns) : width / columns;
  const height = cellsHeight(cells, width - margin);
  const cellHeight = height / rows;
  const border = labels || isHighContrast();
  const written =
    texts && longest(texts, font) + 2 * CELL_PADDING <= cellWidth && font.size + 2 <= cellHeight;
  const marks: Mark[] = [];
  for (let row = 0; row < rows; row++) {
    const y = row * cellHeight;
    if (labels)
      marks.push(
        label(fit(labels[row] ?? '', margin - 8, font), margin - 8, y + cellHeight / 2, 'end', quiet),
      );
    for (let column = 0; column < columns; column++) {
      const at = row * columns + column;
      const value = values[at] ?? null;
      const fill = value === null ? token('--vscode-editor-background') : colour(value);
      const x = margin + column * cellWidth;
      marks.push({
        kind: 'rect',
        x,
        y,
        // Whole maps have no seams; named cells have borders.
        width: cellWidth + (border ? 0 : 0.5),
        height: cellHeight + (border ? 0 : 0.5),
        fill,
        tip: tips[at] ?? '',
        ...(labels ? { stroke: quiet } : {}),
      });
      const text = written ? texts[at] : undefined;
      if (text !== undefined)
        marks.push(label(text, x + cellWidth / 2, y + cellHeight / 2, 'middle', textOn(fill)));
    }
  }
  if (!labels && isHighContrast())
    marks.push({
      kind: 'rect',
      x: 0,
      y: 0,
      width,
      height,
      fill: 'transparent',
      stroke: token('--vscode-contrastBorder'),
    });
  let bottom = height;
  if (labels) {
    for (const [at, name] of labels.entries()) {
      const middle = margin + (at + 0.5) * cellWidth;
      marks.push(label(fit(name, cellWidth - 2, font), middle, height + MAX_CELL / 4, 'middle', quiet));
    }
    bottom += MAX_CELL / 2;
  }
  marks.push(...legend(cells, colour, margin, bottom + LEGEND / 2 + 2, quiet));
  return { width, height: bottom + LEGEND, font, marks };
}

const label = (
  text: string,
  x: number,
  y: number,
  align: 'start' | 'middle' | 'end',
  fill: string,
): Mark => ({
  kind: 'text',
  x,
  y,
  text,
  align,
  fill,
});

function legend(
  { range, format }: HeatMapCells,
  colour: (value: number) => string,
  left: number,
  y: number,
  quiet: string,
): Mark[] {
  const [low, high] = range;
  const start = left + 56;
  const steps = Array.from({ length: LEGEND_BAR / 4 }, (_, at): Mark => {
    const value = low + ((high - low) * (at + 0.5)) / (LEGEND_BAR / 4);
    return { kind: 'rect', x: start + 4 * at, y: y - 5, width: 4.5, height: 10, fill: colour(value) };
  });
  const frame: Mark = {
    kind: 'rect',
    x: start,
    y: y - 5,
    width: LEGEND_BAR,
    height: 10,
    fill: 'transparent',
    stroke: quiet,
  };
  const [from, to] = [
    label(format(low), start - 8, y, 'end', quiet),
    label(format(high), start + LEGEND_BAR + 8, y, 'start', quiet),
  ];
  return [...steps, frame, from, to];
}

let ruler: CanvasRenderingContext2D | null | undefined;

function widthOf(text: string, font: Drawing['font']): number {
  ruler ??= document.createElement('canvas').getContext('2d');
  if (!ruler) return 0;
  ruler.font = `${font.size}px ${font.family}`;
  return ruler.measureText(text).width;
}

const longest = (labels: readonly string[], font: Drawing['font']): number =>
  Math.max(0, ...labels.map(text => Math.ceil(widthOf(text, font))));

/** A name cut at its end to what there is room for. */
function fit(text: string, room: number, font: Drawing['font']): string {
  if (widthOf(text, font) <= room) return text;
  let cut = [...text];
  while (cut.length > 0 && widthOf(`${cut.join('')}…`, font) > room) cut = cut.slice(0, -1);
  return cut.length > 0 ? `${cut.join('')}…` : '';
}
