import * as l10n from '@vscode/l10n';
import type { TvqSummary } from '../../extension/protocol/tvq.ts';
import { nameCell } from '../common/cells.ts';
import { el, icon } from '../common/dom.ts';
import * as format from '../common/format.ts';
import { fileName } from '../common/names.ts';
import { ReadOut, type Reading } from '../common/readOut.ts';

/** The scheme by the name it has in the paper's tables, and what it means. */
export function schemeText(summary: Pick<TvqSummary, 'scheme' | 'bits' | 'baseBits'>): {
  readonly name: string;
  readonly meaning: string;
} {
  const { scheme, bits, baseBits } = summary;
  if (bits === undefined)
    return {
      name: l10n.t('{0} by budget', scheme.toUpperCase()),
      meaning: l10n.t('bits chosen tensor by tensor'),
    };
  const base = baseBits ?? 0;
  switch (scheme) {
    case 'rtvq':
      return {
        name: `RTVQ B${base}O${bits}`,
        meaning: l10n.t('{0}-bit shared base, {1}-bit offsets', base, bits),
      };
    case 'tvq':
      return { name: `TVQ INT${bits}`, meaning: l10n.t('{0}-bit task vectors', bits) };
    case 'fq':
      return { name: `FQ INT${bits}`, meaning: l10n.t('{0}-bit whole checkpoints', bits) };
  }
}

/** What the file is: name, size, and what wrote it when; then its actions. */
export function headerLine(summary: TvqSummary, actions: readonly HTMLElement[]): HTMLElement {
  const created = format.formatDate(summary.created);
  return el(
    'header',
    { class: 'header-line' },
    icon('file-binary'),
    el('h1', { text: fileName(summary.file), attributes: { title: summary.file } }),
    el('span', { class: 'numbers', testid: 'tvq-size', text: format.formatBytes(summary.bytes) }),
    el('time', {
      class: 'quiet',
      text: l10n.t('written by {0}, {1}', summary.tool, created),
      attributes: { datetime: summary.created },
    }),
    el('div', { class: 'actions' }, ...actions),
  );
}

function readOut(testid: string, reading: Reading): HTMLElement {
  const made = new ReadOut(testid);
  made.show(reading);
  return made.element;
}

/** The base's name, truncated in the middle if it is long. */
function baseReadOut(base: TvqSummary['base']): HTMLElement {
  const cell = nameCell<string>(text => text);
  cell.show(base.name);
  const name = cell.element;
  name.classList.add('base-name');
  name.dataset['testid'] = 'tvq-base';
  const caption = l10n.t('base model, fingerprint {0}', base.fingerprint.slice(0, 8));
  return el('div', { class: 'read-out read-out-base' }, name, el('span', { class: 'quiet', text: caption }));
}

/** The few numbers that show what the file is worth. */
export function readOuts(summary: TvqSummary): HTMLElement {
  const { bytes, fp32Bytes, tasks, tensors } = summary;
  const scheme = schemeText(summary);
  return el(
    'section',
    { class: 'read-outs numbers', attributes: { 'aria-label': l10n.t('Summary') } },
    readOut('tvq-share', {
      value: format.formatPercent(bytes, fp32Bytes),
      unit: l10n.t('of FP32'),
      caption: l10n.t('{0} uncompressed', format.formatBytes(fp32Bytes)),
    }),
    readOut('tvq-bpw', {
      value: format.formatBitsPerWeight(summary.bitsPerWeight),
      unit: 'bpw',
      caption: l10n.t('bits per weight, all included'),
    }),
    readOut('tvq-scheme', { value: scheme.name, caption: scheme.meaning }),
    readOut('tvq-tasks', {
      value: format.formatCount(tasks.length),
      unit: tasks.length === 1 ? l10n.t('task') : l10n.t('tasks'),
      caption: l10n.t(
        '{0} tensors quantized, {1} exact',
        format.formatCount(tensors.quantized),
        format.formatCount(tensors.kept),
      ),
    }),
    baseReadOut(summary.base),
  );
}
