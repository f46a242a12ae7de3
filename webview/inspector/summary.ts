import type { Scheme, TvqSummary } from '../../extension/protocol.ts';
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
    return { name: `${scheme.toUpperCase()} by budget`, meaning: 'bits chosen tensor by tensor' };
  if (scheme === 'rtvq') {
    const base = baseBits ?? 0;
    return { name: `RTVQ B${base}O${bits}`, meaning: `${base}-bit shared base, ${bits}-bit offsets` };
  }
  const subject: Record<Exclude<Scheme, 'rtvq'>, string> = { tvq: 'task vectors', fq: 'whole checkpoints' };
  return { name: `${scheme.toUpperCase()} INT${bits}`, meaning: `${bits}-bit ${subject[scheme]}` };
}

/** What is this: name, size, and what wrote it when; behind it what can be done with it. */
export function headerLine(summary: TvqSummary, actions: readonly HTMLElement[]): HTMLElement {
  const created = format.formatDate(summary.created);
  return el(
    'header',
    { class: 'header-line' },
    icon('file-binary'),
    el('h1', { text: fileName(summary.file), attributes: { title: summary.file } }),
    el('span', { class: 'numbers', testid: 'tvq-size', text: format.formatBytes(summary.bytes) }),
    el(
      'span',
      { class: 'quiet' },
      `written by ${summary.tool}, `,
      el('time', { text: created, attributes: { datetime: summary.created } }),
    ),
    el('div', { class: 'actions' }, ...actions),
  );
}

function readOut(testid: string, reading: Reading): HTMLElement {
  const made = new ReadOut(testid);
  made.show(reading);
  return made.element;
}

/** The base's name, cut in its middle where it is long. */
function baseReadOut(base: TvqSummary['base']): HTMLElement {
  const cell = nameCell<string>(text => text);
  cell.show(base.name);
  const name = cell.element;
  name.classList.add('base-name');
  name.dataset['testid'] = 'tvq-base';
  const caption = `base model, fingerprint ${base.fingerprint.slice(0, 8)}`;
  return el('div', { class: 'read-out read-out-base' }, name, el('span', { class: 'quiet', text: caption }));
}

/** The few numbers that say what the file buys. */
export function readOuts(summary: TvqSummary): HTMLElement {
  const { bytes, fp32Bytes, tasks, tensors } = summary;
  const scheme = schemeText(summary);
  const noun = tasks.length === 1 ? 'task' : 'tasks';
  return el(
    'section',
    { class: 'read-outs numbers', attributes: { 'aria-label': 'Summary' } },
    readOut('tvq-share', {
      value: format.formatPercent(bytes, fp32Bytes),
      unit: 'of FP32',
      caption: `${format.formatBytes(fp32Bytes)} uncompressed`,
    }),
    readOut('tvq-bpw', {
      value: format.formatBitsPerWeight(summary.bitsPerWeight),
      unit: 'bpw',
      caption: 'bits per weight, all included',
    }),
    readOut('tvq-scheme', { value: scheme.name, caption: scheme.meaning }),
    readOut('tvq-tasks', {
      value: format.formatCount(tasks.length),
      unit: noun,
      caption: `${format.formatCount(tensors.quantized)} tensors quantized, ${format.formatCount(tensors.kept)} exact`,
    }),
    baseReadOut(summary.base),
  );
}
