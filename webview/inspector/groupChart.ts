import type { ByteGroup, TensorKind } from '../../extension/protocol.ts';
import type { ChartContent } from '../common/charts.ts';
import { formatBytes, formatSmallPercent } from '../common/format.ts';
import { stackedBars, stackedBarsHeight } from '../common/stackedBars.ts';
import { partStyle } from './byteParts.ts';

const LABELS: Record<TensorKind, string> = {
  attention: 'attention',
  mlp: 'MLP',
  norm: 'norms',
  embedding: 'embeddings',
  head: 'head',
  convolution: 'convolutions',
  bias: 'biases',
  other: 'other',
};

/** What a group's bytes are told apart by. */
const SERIES = ['codes', 'exact'] as const;

const bytesOf = (group: ByteGroup): number => group.codes + group.exact;

/** Bytes by kind of tensor, the largest first, as codes and exact storage. Empty kinds are left out. */
export function groupChart(groups: readonly ByteGroup[]): ChartContent {
  const sorted = groups.filter(group => bytesOf(group) > 0).sort((a, b) => bytesOf(b) - bytesOf(a));
  const whole = sorted.reduce((sum, group) => sum + bytesOf(group), 0);
  const labels = sorted.map(group => LABELS[group.group] ?? group.group);
  const totals = sorted.map(group => formatBytes(bytesOf(group)));
  const shares = sorted.map(group => formatSmallPercent(bytesOf(group), whole));
  return {
    summary: `Bytes by tensor group: ${labels.map((label, at) => `${label} ${totals[at]}`).join(', ')}`,
    legend: SERIES.map(key => ({ label: key, style: partStyle(key) })),
    height: stackedBarsHeight(sorted.length),
    configure: () =>
      stackedBars({
        labels,
        totals,
        series: SERIES.map(key => ({
          label: key,
          style: partStyle(key),
          values: sorted.map(group => group[key]),
        })),
        format: formatBytes,
      }),
    table: {
      columns: ['group', 'codes', 'exact', 'share'],
      rows: sorted.map((group, at) => [
        labels[at] ?? '',
        formatBytes(group.codes),
        formatBytes(group.exact),
        shares[at] ?? '',
      ]),
    },
  };
}
