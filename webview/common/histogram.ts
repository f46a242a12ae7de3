import type { Drawing, Mark } from './drawing.ts';
import type { SeriesStyle } from './seriesStyle.ts';
import { isHighContrast } from './theme.ts';

/** Room for the axis below the bars. */
const AXIS = 20;

export const HISTOGRAM_HEIGHT = 120;

export interface HistogramBars {
  readonly counts: readonly number[];
  /** The tip of each bar, and the labels below the first, the middle and the last. */
  readonly tips: readonly string[];
  readonly axis: readonly [string, string, string];
  readonly style: SeriesStyle;
}

/** Bars side by side, scaled so that the highest fills the height; any count above zero is visible. */
export function drawHistogram({ counts, tips, axis, style }: HistogramBars, width: number): Drawing {
  const height = HISTOGRAM_HEIGHT - AXIS;
  const most = Math.max(1, ...counts);
  const pitch = width / Math.max(1, counts.length);
  const gap = pitch >= 4 ? 1 : 0;
  const fill = style.token;
  const line = '--vscode-descriptionForeground';
  const bars = counts.flatMap((count, at): Mark[] => {
    const tall = count > 0 ? Math.max(1, (count / most) * height) : 0;
    const place = { x: at * pitch, width: Math.max(1, pitch - gap) };
    // The whole column can be pointed at.
    const target: Mark = { kind: 'rect', ...place, y: 0, height, fill: 'transparent', tip: tips[at] ?? '' };
    const bar: Mark = { kind: 'rect', ...place, y: height - tall, height: tall, fill };
    return count > 0 ? [bar, target] : [target];
  });
  const ground: Mark = {
    kind: 'rect',
    x: 0,
    y: height,
    width,
    height: 1,
    fill: isHighContrast() ? fill : line,
  };
  const text = (at: 0 | 1 | 2): Mark => ({
    kind: 'text',
    x: (width * at) / 2,
    y: height + AXIS / 2 + 2,
    text: axis[at],
    align: (['start', 'middle', 'end'] as const)[at],
    fill: line,
  });
  return { width, height: HISTOGRAM_HEIGHT, marks: [...bars, ground, text(0), text(1), text(2)] };
}
