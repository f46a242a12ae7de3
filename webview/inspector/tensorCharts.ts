/** The charts of one tensor. */
import type { Histogram, TensorDetail, TensorMap } from '../../extension/protocol.ts';
import type { ChartContent } from '../common/chartView.ts';
import { formatCount, formatNumber, formatPercent } from '../common/format.ts';
import { drawHeatMap } from '../common/heatMap.ts';
import { drawHistogram } from '../common/histogram.ts';
import { partStyle } from './byteParts.ts';

/** What a cell of the map says of the magnitudes in it. */
export type MapOf = 'mean' | 'max';

export const MAP_OF: readonly { readonly value: MapOf; readonly label: string }[] = [
  { value: 'mean', label: 'mean magnitude' },
  { value: 'max', label: 'largest magnitude' },
];

const whole = ({ counts }: Histogram): number => counts.reduce((sum, count) => sum + count, 0);

/** Bits that an ideal coder needs for a code, knowing how often each occurs. */
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
  const common = rows.reduce((best, row, at) =>
    (counts[at] ?? 0) > (counts[Number(best[0]) - from] ?? 0) ? row : best,
  );
  return {
    summary: `Codes ${from} to ${last}; the most common is ${common[0]}, ${common[2]} of all; ${entropyOf(codes).toFixed(2)} bits of information a code`,
    legend: [],
    table: { columns: ['code', 'count', 'share'], rows },
    draw: width =>
      drawHistogram(
        {
          counts,
          tips: rows.map(([code, count, share]) => `code ${code}: ${count} (${share})`),
          axis: [String(from), middle, counts.length > 1 ? String(last) : ''],
          style: partStyle('codes'),
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
    `${edge(at)} to ${edge(at + 1)}`,
    formatCount(count),
    formatPercent(count, total),
  ]);
  return {
    summary: `Values from ${formatNumber(from)} to ${formatNumber(to)}, mean ${formatNumber(mean)}, standard deviation ${formatNumber(deviation)}`,
    legend: [],
    table: { columns: ['values', 'count', 'share'], rows },
    draw: width =>
      drawHistogram(
        {
          counts,
          tips: rows.map(([bin, count, share]) => `${bin}: ${count} (${share})`),
          axis: [formatNumber(from), formatNumber((from + to) / 2), formatNumber(to)],
          style: partStyle('scales'),
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

/** Where in the matrix the large values are. */
export function mapChart(map: TensorMap, of: MapOf): ChartContent {
  const { rows, columns, tensorRows, tensorColumns } = map;
  const values = map[of];
  const most = values.reduce((largest, value) => Math.max(largest, value), 0);
  const rowNames = Array.from({ length: rows }, (_, row) => stretch(row, rows, tensorRows));
  const columnNames = Array.from({ length: columns }, (_, column) => stretch(column, columns, tensorColumns));
  const what = of === 'mean' ? 'mean magnitude' : 'largest magnitude';
  return {
    summary: `The ${what} of the values in ${rows} × ${columns} cells, at most ${formatNumber(most)}`,
    legend: [],
    table: {
      columns: ['rows', ...columnNames.map(name => `columns ${name}`)],
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
          tips: values.map(
            (value, at) =>
              `rows ${rowNames[Math.floor(at / columns)]}, columns ${columnNames[at % columns]}: ${formatNumber(value)}`,
          ),
          range: [0, most],
          diverging: false,
          legend: [formatNumber(0), formatNumber(most)],
        },
        width,
      ),
  };
}
