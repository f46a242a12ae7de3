import type { CartesianScaleOptions, Chart, ChartDataset, Scale } from 'chart.js';
import { FONT_SIZE, type Colour, type Drawing, type Mark, type Point } from '../../common/drawing.ts';

const HEAD = 28;
const LEGEND_PITCH = 20;
const SWATCH = 24;
const MARGIN = 12;
const TEXT = '--vscode-foreground';
const QUIET = '--vscode-descriptionForeground';
const LINES = '--vscode-charts-lines';

/**
 * What chart.js laid out on the page, as a standalone file: with its title, and with the legend that all charts of the
 * page share.
 */
export function chartDrawing(chart: Chart, title: string): Drawing {
  const lines = chart.data.datasets.filter((_, at) => chart.getDatasetMeta(at).type === 'line');
  const legend = lines.flatMap((dataset, at) =>
    legendMarks(dataset as ChartDataset<'line'>, HEAD + (at + 0.5) * LEGEND_PITCH),
  );
  const top = HEAD + lines.length * LEGEND_PITCH + (lines.length > 0 ? MARGIN : 0);
  const plotted = [...Object.values(chart.scales).flatMap(axisMarks), ...dataMarks(chart)];
  return {
    width: chart.width + 2 * MARGIN,
    height: top + chart.height + MARGIN,
    marks: [
      { kind: 'text', x: MARGIN, y: HEAD / 2, text: title, align: 'start', fill: TEXT },
      ...legend,
      ...plotted.map(mark => moved(mark, MARGIN, top)),
    ],
  };
}

function legendMarks(dataset: ChartDataset<'line'>, y: number): Mark[] {
  const swatch: readonly Point[] = [
    [MARGIN, y],
    [MARGIN + SWATCH, y],
  ];
  const name = dataset.label ?? '';
  return [
    lineMark(dataset, swatch),
    { kind: 'text', x: MARGIN + SWATCH + 8, y, text: name, align: 'start', fill: TEXT },
  ];
}

const lineMark = (dataset: ChartDataset<'line'>, points: readonly Point[]): Mark => ({
  kind: 'line',
  points,
  stroke: dataset.borderColor as Colour,
  width: 1.5,
  dash: (dataset.borderDash ?? []) as number[],
});

/** Labels of an axis, and its grid lines. */
function axisMarks(scale: Scale): Mark[] {
  const { display, grid, border, ticks } = scale.options as CartesianScaleOptions;
  if (display === false) return [];
  const { left, right, bottom } = scale.chart.chartArea;
  const across = (y: number, width: number): Mark => ({
    kind: 'line',
    points: [
      [left, y],
      [right, y],
    ],
    stroke: LINES,
    width,
  });
  const marks: Mark[] = scale.isHorizontal() && border.display ? [across(bottom, 1)] : [];
  for (const [at, { label }] of scale.ticks.entries()) {
    const pixel = scale.getPixelForTick(at);
    if (!scale.isHorizontal() && grid.display) marks.push(across(pixel, 0.5));
    marks.push({
      kind: 'text',
      text: String(label),
      fill: QUIET,
      ...labelPlace(scale, pixel, ticks.crossAlign),
    });
  }
  return marks;
}

/** Position of a label beside its axis. */
function labelPlace(scale: Scale, pixel: number, crossAlign: string) {
  if (scale.isHorizontal())
    return { x: pixel, y: scale.top + MARGIN + FONT_SIZE / 2, align: 'middle' } as const;
  if (scale.position === 'right') return { x: scale.right, y: pixel, align: 'end' } as const;
  return crossAlign === 'far'
    ? ({ x: scale.left, y: pixel, align: 'start' } as const)
    : ({ x: scale.right - 8, y: pixel, align: 'end' } as const);
}

/** Where chart.js put a point or a bar; its own types have only a position. */
interface DrawnPoint {
  readonly x: number;
  readonly y: number;
  readonly skip: boolean;
}
interface DrawnBar {
  readonly x: number;
  readonly y: number;
  readonly base: number;
  readonly height: number;
}

function dataMarks(chart: Chart): Mark[] {
  return chart.data.datasets.flatMap((dataset, at): Mark[] => {
    const { type, data } = chart.getDatasetMeta(at);
    if (type === 'line') {
      const points = data as unknown as readonly DrawnPoint[];
      return stretches(points).map(stretch => lineMark(dataset as ChartDataset<'line'>, stretch));
    }
    return data.flatMap((element, bar): Mark[] => {
      const { x, y, base, height } = element as unknown as DrawnBar;
      const fill = (dataset.backgroundColor as readonly Colour[])[bar];
      if (fill === undefined || dataset.data[bar] === null) return [];
      return [
        { kind: 'rect', x: Math.min(x, base), y: y - height / 2, width: Math.abs(x - base), height, fill },
      ];
    });
  });
}

/** Splits a line at missing numbers, where it has gaps. */
function stretches(points: readonly DrawnPoint[]): Point[][] {
  const found: Point[][] = [[]];
  for (const { x, y, skip } of points) {
    if (skip || Number.isNaN(y)) found.push([]);
    else found.at(-1)?.push([x, y]);
  }
  return found.filter(stretch => stretch.length > 0);
}

function moved(mark: Mark, x: number, y: number): Mark {
  return mark.kind === 'line'
    ? { ...mark, points: mark.points.map(([px, py]) => [px + x, py + y] as const) }
    : { ...mark, x: mark.x + x, y: mark.y + y };
}
