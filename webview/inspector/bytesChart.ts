import * as l10n from '@vscode/l10n';
import type { ByteGroup, TvqSummary } from '../../extension/protocol/tvq.ts';
import type { LegendEntry } from '../common/chartFrame.ts';
import type { ChartContent } from '../common/chartView.ts';
import { formatBytes, formatSmallPercent } from '../common/format.ts';
import { KINDS } from '../common/kinds.ts';
import { drawStackedBars } from '../common/stackedBars.ts';
import { bytePart } from './byteParts.ts';

/** What bytes can be grouped by. */
export type BytesBy = 'kind' | 'layer' | 'codec';

export const BYTES_BY: readonly { readonly value: BytesBy; readonly label: string }[] = [
  { value: 'kind', label: l10n.t('by kind') },
  { value: 'layer', label: l10n.t('by layer') },
  { value: 'codec', label: l10n.t('by codec') },
];

const groupsBy = ({ groups, layers, codecs }: BytesSummary, by: BytesBy): readonly ByteGroup[] =>
  ({ kind: groups, layer: layers, codec: codecs })[by];

/** The part of a summary that says where bytes go. */
export type BytesSummary = Pick<TvqSummary, 'groups' | 'layers' | 'codecs'>;

/** Groups that are not a single layer. */
const LAYERS: Partial<Record<string, string>> = {
  outside: l10n.t('outside layers'),
  deeper: l10n.t('deeper layers'),
};

/** The label of a group. */
function labelOf(group: string, by: BytesBy): string {
  if (by === 'kind') return (KINDS as Partial<Record<string, LegendEntry>>)[group]?.label ?? group;
  if (by === 'codec')
    return group.replace(/^affine (\d)$/, (_, bits: string) => l10n.t('affine, {0}-bit', bits));
  return LAYERS[group] ?? l10n.t('layer {0}', group);
}

/** Heading above the names of the groups. */
const COLUMN: Readonly<Record<BytesBy, string>> = {
  kind: l10n.t('kind'),
  layer: l10n.t('layer'),
  codec: l10n.t('codec'),
};

/** The chart in a sentence. */
const SUMMARY: Readonly<Record<BytesBy, (groups: string) => string>> = {
  kind: groups => l10n.t('Bytes by kind: {0}', groups),
  layer: groups => l10n.t('Bytes by layer: {0}', groups),
  codec: groups => l10n.t('Bytes by codec: {0}', groups),
};

/** The two parts of a group's bytes. */
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
    label: bytePart(key).label,
    style: bytePart(key).style,
    values: groups.map(group => group[key]),
  }));
  return {
    summary: SUMMARY[by](labels.map((label, at) => `${label} ${totals[at]}`).join(', ')),
    legend: series,
    draw: width => drawStackedBars({ labels, totals, series, format: formatBytes }, width),
    table: {
      columns: [COLUMN[by], ...series.map(({ label }) => label), l10n.t('share')],
      rows: groups.map((group, at) => [
        labels[at] ?? '',
        formatBytes(group.codes),
        formatBytes(group.exact),
        shares[at] ?? '',
      ]),
    },
  };
}
