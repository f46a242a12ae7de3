import * as l10n from '@vscode/l10n';
import type { TaskComparisons } from '../../extension/protocol/comparison.ts';
import type { ChartContent } from './chartView.ts';
import { formatShare, NONE } from './format.ts';
import { drawHeatMap } from './heatMap.ts';

/** What a matrix of tasks shows for each pair. */
export type MatrixOf = 'cosines' | 'agreement' | 'together';

export const MATRIX_OF: readonly { readonly value: MatrixOf; readonly label: string }[] = [
  { value: 'cosines', label: l10n.t('cosine') },
  { value: 'agreement', label: l10n.t('sign agreement') },
  { value: 'together', label: l10n.t('moved by both') },
];

const SUMMARY: Readonly<Record<MatrixOf, (tasks: number) => string>> = {
  cosines: tasks => l10n.t('The cosine of {0} tasks, pair by pair', tasks),
  agreement: tasks => l10n.t('The sign agreement of {0} tasks, pair by pair', tasks),
  together: tasks => l10n.t('The weights that both move, for pairs of {0} tasks', tasks),
};

/** "0.92", "−0.05": the minus sign is as wide as a digit. */
export const formatCosine = (cosine: number | null): string =>
  cosine === null
    ? NONE
    : cosine
        .toFixed(2)
        .replace(/^-/, '−')
        .replace(/^−0\.00$/, '0.00');

/** Short enough for a cell: "−.30", "64" (percent). Table and tip have every digit. */
const inCell = (value: number | null, of: MatrixOf): string =>
  of === 'cosines' || value === null
    ? formatCosine(value)
        .replace(/0\./, '.')
        .replace(/^1\.00$/, '1')
    : String(Math.round(value * 100));

/** Every task against every other. */
export function taskMatrix(found: TaskComparisons, of: MatrixOf): ChartContent {
  const { tasks } = found;
  const count = tasks.length;
  const values = found[of].flat();
  const format = of === 'cosines' ? formatCosine : (share: number | null) => formatShare(share);
  const texts = values.map(format);
  // A task is identical to itself: the diagonal would only compress the scale of the others.
  const others = values.filter((value, at): value is number => value !== null && at % (count + 1) !== 0);
  const most = others.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) || 1;
  const range = of === 'cosines' ? ([-most, most] as const) : ([0, 1] as const);
  return {
    summary: SUMMARY[of](count),
    legend: [],
    table: {
      columns: [l10n.t('task'), ...tasks],
      rows: tasks.map((task, row) => [task, ...texts.slice(row * count, (row + 1) * count)]),
    },
    draw: width =>
      drawHeatMap(
        {
          rows: count,
          columns: count,
          values,
          texts: values.map(value => inCell(value, of)),
          labels: { rows: tasks, columns: tasks },
          tips: values.map((_, at) => `${tasks[Math.floor(at / count)]}, ${tasks[at % count]}: ${texts[at]}`),
          range,
          diverging: of === 'cosines',
          legend: [format(range[0]), format(range[1])],
        },
        width,
      ),
  };
}
