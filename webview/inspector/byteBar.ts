import * as l10n from '@vscode/l10n';
import type { TvqSummary } from '../../extension/protocol/tvq.ts';
import { el } from '../common/dom.ts';
import { formatBytes, formatSmallPercent } from '../common/format.ts';
import { applySeries } from '../common/seriesStyle.ts';
import { BYTE_PARTS } from './byteParts.ts';

/** The whole file as one thin bar, with the numbers in its legend. */
export function byteBar(parts: TvqSummary['parts']): HTMLElement {
  const total = BYTE_PARTS.reduce((sum, part) => sum + parts[part.key], 0);
  const share = (bytes: number) => formatSmallPercent(bytes, total);

  const segments = BYTE_PARTS.filter(part => parts[part.key] > 0).map(part => {
    const segment = el('div', { class: 'byte-segment' });
    segment.style.flexGrow = String(parts[part.key] / total);
    applySeries(segment, part.style);
    return segment;
  });
  const spoken = BYTE_PARTS.map(part => `${part.label} ${share(parts[part.key])}`).join(', ');
  const label = l10n.t('Where every byte goes: {0}', spoken);
  const bar = el('div', { class: 'byte-bar', attributes: { role: 'img', 'aria-label': label } }, ...segments);

  const legend = BYTE_PARTS.map(part => {
    const swatch = el('span', { class: 'swatch' });
    applySeries(swatch, part.style);
    const bytes = parts[part.key];
    return el(
      'li',
      { attributes: { title: part.meaning } },
      swatch,
      el('span', { text: part.label }),
      el('span', { text: formatBytes(bytes) }),
      el('span', { class: 'quiet', text: share(bytes) }),
    );
  });
  return el(
    'section',
    { class: 'bytes-section', attributes: { 'aria-label': l10n.t('Bytes of the file') } },
    bar,
    el('ul', { class: 'legend' }, ...legend),
  );
}
