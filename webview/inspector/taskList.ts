import * as l10n from '@vscode/l10n';
import type { TvqSummary, TvqVectorSummary } from '../../extension/protocol/tvq.ts';
import { el, icon } from '../common/dom.ts';
import { formatBitsPerWeight, formatBytes, formatError } from '../common/format.ts';

/** Used in place of a task's name in rows of the shared base vector. */
const SHARED = '@shared';

interface VectorLine {
  readonly label: string;
  readonly search: string;
  readonly bits: number;
  readonly error: number | undefined;
  readonly bytes: number;
}

/** One line per task and, for RTVQ, one for the shared base vector. */
export function vectorLines({ tasks, shared }: Pick<TvqSummary, 'tasks' | 'shared'>): VectorLine[] {
  const line = (
    label: string,
    search: string,
    { bits, relativeError, bytes }: TvqVectorSummary,
  ): VectorLine => ({
    label,
    search,
    bits,
    error: relativeError,
    bytes,
  });
  const lines = tasks.map(task => line(task.name, task.name, task));
  return shared ? [...lines, line(l10n.t('shared base'), SHARED, shared)] : lines;
}

/** "4" where every code has that width, "1.49" for codes of different widths. */
const formatMeanBits = (bits: number): string =>
  Number.isInteger(bits) && bits > 0 ? String(bits) : formatBitsPerWeight(bits);

/** The task vectors in the file. Clicking a name searches the tensor table for it. */
export function taskList(summary: TvqSummary, onSearch: (text: string) => void): HTMLElement {
  const columns = [l10n.t('task'), l10n.t('bits'), l10n.t('relative error'), l10n.t('bytes')];
  const head = el('tr', {}, ...columns.map(text => el('th', { text, attributes: { scope: 'col' } })));
  const body = vectorLines(summary).map(line => {
    const title = l10n.t('Show only the tensors of {0}', line.label);
    const name = el('button', {
      class: 'link truncate',
      text: line.label,
      attributes: { type: 'button', title },
    });
    name.addEventListener('click', () => onSearch(line.search));
    return el(
      'tr',
      {},
      el('th', { attributes: { scope: 'row' } }, name),
      el('td', { text: formatMeanBits(line.bits) }),
      el('td', { text: formatError(line.error) }),
      el('td', { text: formatBytes(line.bytes) }),
    );
  });
  const table = el('table', { class: 'plain-table' }, el('thead', {}, head), el('tbody', {}, ...body));
  const unreadable = summary.unreadable.map(({ name, why }) =>
    el(
      'p',
      { class: 'verdict' },
      icon('warning'),
      el('span', { text: l10n.t('{0} needs a later version of this extension: {1}', name, why) }),
    ),
  );
  return el('section', { class: 'tasks' }, el('h2', { text: l10n.t('Tasks') }), table, ...unreadable);
}
