/** Lines over layers and bars by merge, drawn by chart.js. */
import * as l10n from '@vscode/l10n';
import type { ChartConfiguration, ChartOptions } from 'chart.js';
import { token } from '../../common/theme.ts';
import { NONE } from '../../common/format.ts';
import { longest } from '../../common/drawingText.ts';
import type { LayerPanel, LayerPanels, MetricPanel } from './layerModel.ts';
import { colourOf, type MergeStyle } from './mergeStyle.ts';
import { formatNumber } from './numbers.ts';
import type { Panel } from './panelGroup.ts';

const LINE_HEIGHT = 132;
const BAR_PITCH = 20;
const MAX_LABEL = 18;
const GAP = 12;
/** More points than this would look like a thick line. */
const MAX_POINTS = 32;

const tick = () => ({ color: token('--vscode-descriptionForeground'), font: { size: 11 }, maxRotation: 0 });
const grid = () => ({ color: token('--vscode-charts-lines'), lineWidth: 0.5 });

const percent = (value: string | number): string => `${Math.round(Number(value) * 100)} %`;

/** A small chart with one line per merge. */
export function linePanel(
  panel: LayerPanel,
  layers: LayerPanels['layers'],
  names: readonly string[],
  styles: readonly MergeStyle[],
): Panel {
  const { name: panelName, title, values, minimum, maximum, format, isShare } = panel;
  const drawn = layers.filter(layer => layer !== null);
  const spans = names.map((name, at) => describeSpan(name, values[at] ?? [], format));
  return {
    name: panelName,
    title,
    summary: l10n.t('{0} by layer: {1}', title, spans.join('; ')),
    height: LINE_HEIGHT,
    configure: () => ({
      type: 'line',
      data: {
        labels: [...drawn],
        datasets: names.map((name, at) => ({
          label: name,
          data: (values[at] ?? []).slice(0, drawn.length),
          ...lineLook(styles[at], drawn.length),
        })),
      },
      options: optionsOf(format, {
        x: {
          grid: { display: false },
          border: { color: token('--vscode-charts-lines') },
          ticks: { ...tick(), maxTicksLimit: 7 },
        },
        y: {
          min: minimum,
          max: maximum,
          grid: grid(),
          border: { display: false },
          ticks: { ...tick(), maxTicksLimit: 4, ...(isShare ? { callback: percent } : {}) },
        },
      }),
    }),
    table: {
      columns: [l10n.t('layer'), ...names],
      rows: layers.map((layer, row) => [
        layer ?? l10n.t('outside'),
        ...names.map((_, at) => textOf(values[at]?.[row], format)),
      ]),
    },
  };
}

function lineLook(style: MergeStyle | undefined, points: number) {
  if (style === undefined) return {};
  const colour = colourOf(style);
  return {
    borderColor: colour,
    backgroundColor: colour,
    borderDash: [...style.dash],
    borderWidth: 1.5,
    pointStyle: style.point,
    pointRadius: points <= MAX_POINTS ? 2.5 : 0,
    pointHoverRadius: 4,
  };
}

/** The ends of names distinguish them: "merged-…metic-2". */
function shorten(name: string): string {
  return name.length <= MAX_LABEL ? name : `${name.slice(0, 7)}…${name.slice(8 - MAX_LABEL)}`;
}

/** A small chart with one bar per merge. */
export function barPanel(
  { title, values }: MetricPanel,
  names: readonly string[],
  styles: readonly MergeStyle[],
): Panel {
  const texts = values.map(value => textOf(value, formatNumber));
  const known = values.filter(value => value !== null);
  const short = names.map(shorten);
  return {
    name: title,
    title,
    summary: `${title}: ${names.map((name, at) => `${name} ${texts[at] ?? NONE}`).join('; ')}`,
    height: names.length * BAR_PITCH + 4,
    configure: () => ({
      type: 'bar',
      data: {
        labels: short,
        datasets: [
          {
            label: title,
            data: [...values],
            backgroundColor: styles.map(colourOf),
            barThickness: 10,
          },
        ],
      },
      options: {
        ...optionsOf(formatNumber, {
          x: { display: false, min: Math.min(0, ...known), max: Math.max(0, ...known) },
          y: {
            grid: { display: false },
            border: { display: false },
            // chart.js gives an axis no more than a quarter of the width, and longer names would run into the bars.
            afterFit: scale => (scale.width = Math.min(longest(short) + GAP, 0.6 * scale.chart.width)),
            ticks: { ...tick(), autoSkip: false, crossAlign: 'far' },
          },
          values: {
            type: 'category',
            axis: 'y',
            position: 'right',
            offset: true,
            labels: texts,
            grid: { display: false },
            border: { display: false },
            ticks: { ...tick(), color: token('--vscode-foreground'), autoSkip: false },
          },
        }),
        indexAxis: 'y',
      },
    }),
    table: { columns: [l10n.t('merge'), title], rows: names.map((name, at) => [name, texts[at] ?? NONE]) },
  };
}

function optionsOf(
  format: (value: number) => string,
  scales: NonNullable<ChartOptions['scales']>,
): ChartConfiguration['options'] {
  return {
    animation: false,
    maintainAspectRatio: false,
    interaction: { mode: 'index', intersect: false },
    scales,
    plugins: {
      tooltip: {
        callbacks: {
          label: ({ dataset, raw }) => ` ${dataset.label ?? ''}  ${textOf(raw as number | null, format)}`,
        },
      },
    },
  };
}

const textOf = (value: number | null | undefined, format: (value: number) => string): string =>
  value === null || value === undefined ? NONE : format(value);

/** "merged-ties 0.12 to 0.34", for those who cannot see the line. */
function describeSpan(
  name: string,
  values: readonly (number | null)[],
  format: (value: number) => string,
): string {
  const known = values.filter(value => value !== null);
  if (known.length === 0) return l10n.t('{0} has none', name);
  const least = format(Math.min(...known));
  const most = format(Math.max(...known));
  return least === most ? `${name} ${least}` : l10n.t('{0} {1} to {2}', name, least, most);
}
