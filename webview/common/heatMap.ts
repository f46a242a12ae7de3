import { mix, rgbOf, textOn } from './colours.ts';
import { FONT_SIZE, colourNow, type Colour, type Drawing, type Mark } from './drawing.ts';
import { fit, longest } from './drawingText.ts';
import { isHighContrast, token } from './theme.ts';

/** Room for the legend below the cells. */
const LEGEND = 28;
const LEGEND_BAR = 96;
/** Space between a number and the borders of its cell. */
const CELL_PADDING = 1;
const GROUND = '--vscode-editor-background';
const QUIET = '--vscode-descriptionForeground';

export interface HeatMapCells {
  readonly rows: number;
  readonly columns: number;
  /** Row by row; null: no value, undefined: no cell. */
  readonly values: readonly (number | null | undefined)[];
  readonly tips: readonly string[];
  /** Written into the cells where there is room for all. */
  readonly texts?: readonly string[];
  /** Names, cut to what fits. */
  readonly labels?: { readonly rows: readonly string[]; readonly columns: readonly string[] };
  /** The values of the lightest and the strongest colour; values outside are clamped. */
  readonly range: readonly [number, number];
  /** Whether values below zero have another colour than those above. */
  readonly diverging: boolean;
  /** Labels at the ends of the legend. */
  readonly legend: readonly [low: string, high: string];
}

/** Cells fill the width; they are square up to this height. */
const MAX_CELL = 40;
const MIN_HEIGHT = 24;
const MAX_HEIGHT = 320;

/** Height of the cells, in CSS pixels, for `width`. */
const cellsHeight = ({ rows, columns, labels }: HeatMapCells, width: number): number =>
  labels
    ? rows * Math.min(MAX_CELL, width / columns)
    : Math.min(MAX_HEIGHT, Math.max(MIN_HEIGHT, (rows * width) / columns));

/** The colour of a value: from the editor's background to one colour, or to another below zero. */
function scaleOf({ range, diverging }: HeatMapCells): (value: number) => string {
  const [low, high] = range;
  const ground = rgbOf(token(GROUND));
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
  const colour = scaleOf(cells);
  const margin = labels ? Math.min(width / 3, longest(labels.rows) + 8) : 0;
  const cellWidth = labels ? Math.min(MAX_CELL * 1.6, (width - margin) / columns) : width / columns;
  const height = cellsHeight(cells, width - margin);
  const cellHeight = height / rows;
  const border = labels || isHighContrast();
  const written = texts && longest(texts) + 2 * CELL_PADDING <= cellWidth && FONT_SIZE + 2 <= cellHeight;
  const marks: Mark[] = [];
  for (let row = 0; row < rows; row++) {
    const y = row * cellHeight;
    if (labels)
      marks.push(
        label(fit(labels.rows[row] ?? '', margin - 8), margin - 8, y + cellHeight / 2, 'end', QUIET),
      );
    for (let column = 0; column < columns; column++) {
      const at = row * columns + column;
      const value = values[at];
      if (value === undefined) continue;
      const fill = value === null ? GROUND : colour(value);
      const x = margin + column * cellWidth;
      marks.push({
        kind: 'rect',
        x,
        y,
        // Overlaps cells of maps to hide seams; named cells have borders.
        width: cellWidth + (border ? 0 : 0.5),
        height: cellHeight + (border ? 0 : 0.5),
        fill,
        tip: tips[at] ?? '',
        ...(labels ? { stroke: QUIET } : {}),
      });
      const text = written ? texts[at] : undefined;
      if (text !== undefined)
        marks.push(label(text, x + cellWidth / 2, y + cellHeight / 2, 'middle', textOn(colourNow(fill))));
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
      stroke: '--vscode-contrastBorder',
    });
  let bottom = height;
  if (labels) {
    for (const [at, name] of labels.columns.entries()) {
      const middle = margin + (at + 0.5) * cellWidth;
      marks.push(label(fit(name, cellWidth - 2), middle, height + MAX_CELL / 4, 'middle', QUIET));
    }
    bottom += MAX_CELL / 2;
  }
  marks.push(...legend(cells, colour, margin, bottom + LEGEND / 2 + 2));
  return { width, height: bottom + LEGEND, marks };
}

const label = (
  text: string,
  x: number,
  y: number,
  align: 'start' | 'middle' | 'end',
  fill: Colour,
): Mark => ({
  kind: 'text',
  x,
  y,
  text,
  align,
  fill,
});

function legend(
  { range, legend: [from, to] }: HeatMapCells,
  colour: (value: number) => string,
  left: number,
  y: number,
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
    stroke: QUIET,
  };
  return [
    ...steps,
    frame,
    label(from, start - 8, y, 'end', QUIET),
    label(to, start + LEGEND_BAR + 8, y, 'start', QUIET),
  ];
}
