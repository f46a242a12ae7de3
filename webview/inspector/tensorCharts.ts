/** The charts of one tensor. */
import * as l10n from '@vscode/l10n';
import type { Histogram, TensorDetail, TensorMap } from '../../extension/protocol/tensors.ts';
import type { ChartContent } from '../common/chartView.ts';
import { formatCount, formatNumber, formatPercent } from '../common/format.ts';
import { drawHeatMap } from '../common/heatMap.ts';
import { drawHistogram } from '../common/histogram.ts';
import { bytePart } from './byteParts.ts';

/** What a cell of the map shows about its magnitudes. */
export type MapOf = 'mean' | 'max';

export const MAP_OF: readonly { readonly value: MapOf; readonly label: string }[] = [
  { value: 'mean', label: l10n.t('mean magnitude') },
  { value: 'max', label: l10n.t('largest magnitude') },
];

const whole = ({ counts }: Histogram): number => counts.reduce((sum, count) => sum + count, 0);

/** Bits per code that an ideal coder needs, given how often each occurs. */
export function entropyOf(histogram: Histogram): number {
  const total = whole(histogram);
  return histogram.counts.reduce(
    (bits, count) => bits - (count > 0 ? (count / total) * Math.log2(count / total) : 0),
    0,
  );
}

/** How often each code occurs. */
export function codesChart(codes: Histogram): ChartContent {
  const { counts, from } = codes;
  const total = whole(codes);
  const rows = counts.map((count, at) => [
    String(from + at),
    formatCount(count),
    formatPercent(count, total),
  ]);
  const last = from + counts.length - 1;
  const middle = counts.length > 2 ? String(Math.floor((from + last) / 2)) : '';
  const common = counts.reduce((best, count, at) => (count > (counts[best] ?? 0) ? at : best), 0);
  return {
    summary: l10n.t(
      'Codes {0} to {1}; the most common is {2}, {3} of all; {4} bits of information per code',
      from,
      last,
      from + common,
      formatPercent(counts[common] ?? 0, total),
      entropyOf(codes).toFixed(2),
    ),
    legend: [],
    table: { columns: [l10n.t('code'), l10n.t('count'), l10n.t('share')], rows },
    draw: width =>
      drawHistogram(
        {
          counts,
          tips: rows.map(([code = '', count = '', share = '']) =>
            l10n.t('code {0}: {1} ({2})', code, count, share),
          ),
          axis: [String(from), middle, counts.length > 1 ? String(last) : ''],
          style: bytePart('codes').style,
        },
        width,
      ),
  };
}

/** How often values occur. */
export function valuesChart(values: NonNullable<TensorDetail['values']>): ChartContent {
  const { histogram, mean, deviation } = values;
  const { from, to, counts } = histogram;
  const total = whole(histogram);
  const edge = (at: number) => formatNumber(from + ((to - from) * at) / counts.length);
  const rows = counts.map((count, at) => [
    l10n.t('{0} to {1}', edge(at), edge(at + 1)),
    formatCount(count),
    formatPercent(count, total),
  ]);
  return {
    summary: l10n.t(
      'Values from {0} to {1}, mean {2}, standard deviation {3}',
      formatNumber(from),
      formatNumber(to),
      formatNumber(mean),
      formatNumber(deviation),
    ),
    legend: [],
    table: { columns: [l10n.t('values'), l10n.t('count'), l10n.t('share')], rows },
    draw: width =>
      drawHistogram(
        {
          counts,
          tips: rows.map(([bin, count, share]) => `${bin}: ${count} (${share})`),
          axis: [formatNumber(from), formatNumber((from + to) / 2), formatNumber(to)],
          style: bytePart('scales').style,
        },
        width,
      ),
  };
}

/** Rows or columns of the tensor that a cell stands for: "0–15". */
function stretch(at: number, cells: number, length: number): string {
  const first = Math.ceil((at * length) / cells);
  const last = Math.ceil(((at + 1) * length) / cells) - 1;
  return first === last ? String(first) : `${first}–${last}`;
}

function mapSentence(of: MapOf, rows: number, columns: number, most: string): string {
  switch (of) {
    case 'mean':
      return l10n.t('The mean magnitude of the values in {0} × {1} cells, at most {2}', rows, columns, most);
    case 'max':
      return l10n.t(
        'The largest magnitude of the values in {0} × {1} cells, at most {2}',
        rows,
        columns,
        most,
      );
  }
}

/** Where in the matrix the large values are. */
export function mapChart(map: TensorMap, of: MapOf): ChartContent {
  const { rows, columns, tensorRows, tensorColumns } = map;
  const values = map[of];
  const most = values.reduce((largest, value) => Math.max(largest, value), 0);
  const rowNames = Array.from({ length: rows }, (_, row) => stretch(row, rows, tensorRows));
  const columnNames = Array.from({ length: columns }, (_, column) => stretch(column, columns, tensorColumns));
  return {
    summary: mapSentence(of, rows, columns, formatNumber(most)),
    legend: [],
    table: {
      columns: [l10n.t('rows'), ...columnNames.map(name => l10n.t('columns {0}', name))],
      rows: rowNames.map((name, row) => [
        name,
        ...values.slice(row * columns, (row + 1) * columns).map(formatNumber),
      ]),
    },
    draw: width =>
      drawHeatMap(
        {
          rows,
          columns,
          values,
          tips: values.map((value, at) =>
            l10n.t(
              'rows {0}, columns {1}: {2}',
              rowNames[Math.floor(at / columns)] ?? '',
              columnNames[at % columns] ?? '',
              formatNumber(value),
            ),
          ),
          range: [0, most],
          diverging: false,
          legend: [formatNumber(0), formatNumber(most)],
        },
        width,
      ),
  };
}
