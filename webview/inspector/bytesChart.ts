import type { ByteGroup, TvqSummary } from '../../extension/protocol.ts';
import type { LegendEntry } from '../common/chartFrame.ts';
import type { ChartContent } from '../common/chartView.ts';
import { formatBytes, formatSmallPercent } from '../common/format.ts';
import { KINDS } from '../common/kinds.ts';
import { drawStackedBars } from '../common/stackedBars.ts';
import { partStyle } from './byteParts.ts';

/** What bytes can be told apart by. */
export type BytesBy = 'kind' | 'layer' | 'codec';

export const BYTES_BY: readonly { readonly value: BytesBy; readonly label: string }[] = [
  { value: 'kind', label: 'by kind' },
  { value: 'layer', label: 'by layer' },
  { value: 'codec', label: 'by codec' },
];

const groupsBy = ({ groups, layers, codecs }: BytesSummary, by: BytesBy): readonly ByteGroup[] =>
  ({ kind: groups, layer: layers, codec: codecs })[by];

/** The part of a summary that says where bytes go. */
export type BytesSummary = Pick<TvqSummary, 'groups' | 'layers' | 'codecs'>;

/** Groups of layers that are no single one. */
const LAYERS: Partial<Record<string, string>> = { outside: 'outside layers', deeper: 'deeper layers' };

/** A group as people call it. */
function labelOf(group: string, by: BytesBy): string {
  if (by === 'kind') return (KINDS as Partial<Record<string, LegendEntry>>)[group]?.label ?? group;
  if (by === 'codec') return group.replace(/^affine (\d)$/, 'affine, $1-bit');
  return LAYERS[group] ?? `layer ${group}`;
}

/** What a group's bytes are told apart by. */
const SERIES = ['codes', 'exact'] as const;

const bytesOf = (group: ByteGroup): number => group.codes + group.exact;

/** Bytes by kind of tensor, layer or codec, as codes and exact storage, in the order of the summary. */
export function bytesChart(summary: BytesSummary, by: BytesBy): ChartContent {
  const groups = groupsBy(summary, by).filter(group => bytesOf(group) > 0);
  const whole = groups.reduce((sum, group) => sum + bytesOf(group), 0);
  const labels = groups.map(({ group }) => labelOf(group, by));
  const totals = groups.map(group => formatBytes(bytesOf(group)));
  const shares = groups.map(group => formatSmallPercent(bytesOf(group), whole));
  const series = SERIES.map(key => ({
    label: key,
    style: partStyle(key),
    values: groups.map(group => group[key]),
  }));
  return {
    summary: `Bytes by ${by}: ${labels.map((label, at) => `${label} ${totals[at]}`).join(', ')}`,
    legend: series,
    draw: width => drawStackedBars({ labels, totals, series, format: formatBytes }, width),
    table: {
      columns: [by, 'codes', 'exact', 'share'],
      rows: groups.map((group, at) => [
        labels[at] ?? '',
        formatBytes(group.codes),
        formatBytes(group.exact),
        shares[at] ?? '',
      ]),
    },
  };
}
