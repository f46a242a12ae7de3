import type { Drawing, Mark } from './drawing.ts';
import { fit, longest } from './drawingText.ts';
import type { SeriesStyle } from './seriesStyle.ts';

/** Height of one bar with its gap. */
const PITCH = 28;
const THICKNESS = 12;
/** Small values stay visible, and can be pointed at. */
const MIN_BAR = 2;
/** Space between names, bars and totals. */
const GAP = 12;

export interface BarSeries {
  readonly label: string;
  readonly style: SeriesStyle;
  /** One value per bar. */
  readonly values: readonly number[];
}

export interface StackedBars {
  /** Names of the bars, top down. */
  readonly labels: readonly string[];
  /** Text at the right end of each bar. */
  readonly totals: readonly string[];
  readonly series: readonly BarSeries[];
  readonly format: (value: number) => string;
}

/**
 * Stacked horizontal bars between two columns of text, names on the left and totals on the right. There is no axis with
 * grid lines, because the numbers say more.
 */
export function drawStackedBars({ labels, totals, series, format }: StackedBars, width: number): Drawing {
  const lengths = labels.map((_, at) => series.reduce((sum, { values }) => sum + (values[at] ?? 0), 0));
  const most = Math.max(...lengths, 1);
  const left = Math.min(longest(labels) + GAP, width / 2);
  const room = Math.max(0, width - left - longest(totals) - GAP);
  const marks = labels.flatMap((label, at): Mark[] => {
    const middle = (at + 0.5) * PITCH;
    let x = left;
    const parts = series.flatMap(({ style, values }): Mark[] => {
      const value = values[at] ?? 0;
      if (value <= 0) return [];
      const length = Math.max(MIN_BAR, (value / most) * room);
      const y = middle - THICKNESS / 2;
      const part: Mark = { kind: 'rect', x, y, width: length, height: THICKNESS, fill: style };
      x += length;
      return [part];
    });
    const said = series.map(({ label: name, values }) => `${name} ${format(values[at] ?? 0)}`);
    const tip = `${label}: ${said.join(', ')}`;
    return [
      {
        kind: 'text',
        x: 0,
        y: middle,
        text: fit(label, left - GAP),
        align: 'start',
        fill: '--vscode-foreground',
      },
      ...parts,
      {
        kind: 'text',
        x: width,
        y: middle,
        text: totals[at] ?? '',
        align: 'end',
        fill: '--vscode-descriptionForeground',
      },
      // The whole row can be pointed at.
      { kind: 'rect', x: 0, y: at * PITCH, width, height: PITCH, fill: 'transparent', tip },
    ];
  });
  return { width, height: labels.length * PITCH, marks };
}
