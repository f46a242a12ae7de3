import * as l10n from '@vscode/l10n';
import type { TvqSummary } from '../../extension/protocol/tvq.ts';
import type { SeriesStyle } from '../common/seriesStyle.ts';

/** One part of a .tvq file's bytes, and its style in every chart. */
export interface BytePart {
  readonly key: keyof TvqSummary['parts'];
  readonly label: string;
  readonly meaning: string;
  readonly style: SeriesStyle;
}

/** In the order of the bar; codes first, because bits are spent on them. */
export const BYTE_PARTS: readonly BytePart[] = [
  {
    key: 'codes',
    label: l10n.t('codes'),
    meaning: l10n.t('quantized weights, packed'),
    style: { token: '--vscode-charts-blue', pattern: 'solid' },
  },
  {
    key: 'scales',
    label: l10n.t('scales'),
    meaning: l10n.t('what turns codes back into numbers'),
    style: { token: '--vscode-charts-purple', pattern: 'dots' },
  },
  {
    key: 'exact',
    label: l10n.t('exact'),
    meaning: l10n.t('tensors stored without loss'),
    style: { token: '--vscode-charts-yellow', pattern: 'stripes' },
  },
  {
    key: 'files',
    label: l10n.t('files'),
    meaning: l10n.t('configuration, tokenizer and other small files, compressed'),
    style: { token: '--vscode-charts-green', pattern: 'solid' },
  },
  {
    key: 'header',
    label: l10n.t('header'),
    meaning: l10n.t('names, shapes, recipe and checksums'),
    style: { token: '--vscode-descriptionForeground', pattern: 'hollow' },
  },
];

export function bytePart(key: BytePart['key']): BytePart {
  const part = BYTE_PARTS.find(candidate => candidate.key === key);
  if (part === undefined) throw new Error(`no byte part is called ${key}`);
  return part;
}
