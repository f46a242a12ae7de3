import { Chart, type ChartConfiguration } from 'chart.js';
import { canvasFill, type SeriesStyle } from './seriesStyle.ts';
import { isHighContrast, token } from './theme.ts';

/** Room for one bar with its gap. */
const BAR_PITCH = 28;

/** Something small is still seen, and can be pointed at. */
const MIN_BAR = 2;

/** Between names, bars and totals. */
const GAP = 12;

export interface BarSeries {
  readonly label: string;
  readonly style: SeriesStyle;
  /** A value a bar. */
  readonly values: readonly number[];
}

export interface StackedBars {
  /** Names of the bars, top down. */
  readonly labels: readonly string[];
  /** What stands at the right end of each. */
  readonly totals: readonly string[];
  readonly series: readonly BarSeries[];
  readonly format: (value: number) => string;
}

/** Height of a chart of so many bars. */
export const stackedBarsHeight = (bars: number): number => bars * BAR_PITCH;

/** Pixels of the longest label, as charts write them. */
export function labelWidth(labels: readonly string[]): number {
  const context = document.createElement('canvas').getContext('2d');
  if (context === null) return 0;
  context.font = `${Chart.defaults.font.size}px ${Chart.defaults.font.family}`;
  return Math.max(0, ...labels.map(label => Math.ceil(context.measureText(label).width)));
}

/**
 * Stacked horizontal bars between two columns of text, names on the left and totals on the right. Numbers at the
 * bars say more than an axis with grid lines would, so there is none.
 */
export function stackedBars(bars: StackedBars): ChartConfiguration<'bar', (number | null)[], string> {
  const border = { display: false };
  const grid = { display: false };
  const ticks = { crossAlign: 'far', autoSkip: false, padding: 0 } as const;
  const lengths = bars.labels.map((_, at) =>
    bars.series.reduce((sum, { values }) => sum + (values[at] ?? 0), 0),
  );
  return {
    type: 'bar',
    data: {
      labels: [...bars.labels],
      datasets: bars.series.map(({ label, style, values }) => ({
        label,
        data: values.map(value => (value > 0 ? value : null)),
        backgroundColor: canvasFill(style),
        borderColor: isHighContrast() ? token(style.token) : 'transparent',
        borderWidth: isHighContrast() ? 1 : 0,
        borderSkipped: false,
        barThickness: 12,
        minBarLength: MIN_BAR,
      })),
    },
    options: {
      indexAxis: 'y',
      layout: { autoPadding: false },
      maintainAspectRatio: false,
      interaction: { mode: 'index', axis: 'y', intersect: false },
      scales: {
        x: { stacked: true, display: false, min: 0, max: Math.max(...lengths, 1) },
        y: {
          stacked: true,
          border,
          grid,
          ticks,
          // chart.js gives an axis no more than a quarter of the width, and lets longer names run into the bars.
          afterFit: scale => (scale.width = Math.min(labelWidth(bars.labels) + GAP, scale.chart.width / 2)),
        },
        totals: {
          type: 'category',
          axis: 'y',
          position: 'right',
          offset: true,
          labels: [...bars.totals],
          afterFit: scale => (scale.width += GAP),
          border,
          grid,
          ticks: { ...ticks, color: token('--vscode-descriptionForeground') },
        },
      },
      plugins: {
        tooltip: {
          callbacks: { label: item => ` ${item.dataset.label ?? ''}  ${bars.format(item.parsed.x ?? 0)}` },
        },
      },
    },
  };
}
