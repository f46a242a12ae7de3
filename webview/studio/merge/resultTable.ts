import * as l10n from '@vscode/l10n';
import type {
  StudioMergeActivity,
  StudioMerged,
  StudioMergeSession,
} from '../../../extension/protocol/merge.ts';
import { el, icon, setTitle } from '../../common/dom.ts';
import { NONE } from '../../common/format.ts';
import { TRUNCATE } from '../../common/truncationTip.ts';
import { createIconButton } from '../../common/ui/toolkit.ts';
import { lineSwatch, type MergeStyle } from './mergeStyle.ts';
import type { ResultCell, ResultGroup, ResultRow } from './resultModel.ts';

export interface ResultTableOptions {
  readonly onSelect: (output: string) => void;
  readonly onReveal: (output: string) => void;
  readonly onReport: (output: string) => void;
  readonly onForget: (output: string) => void;
  readonly onEvaluate: (output: string) => void;
  readonly onCancelEvaluation: () => void;
}

export interface ResultView {
  readonly session: StudioMergeSession;
  readonly groups: readonly ResultGroup[];
  /** Outputs of the two compared merges, or of the one selected. */
  readonly selected: readonly string[];
  /** By output, of the merges that the charts show. */
  readonly styles: ReadonlyMap<string, MergeStyle>;
}

/** Results of merges side by side: one column per merge, and one for the running merge. */
export class ResultTable {
  readonly element = el('div', {
    class: 'result-scroll',
    attributes: { role: 'region', 'aria-label': l10n.t('Results, scrolls sideways'), tabindex: '0' },
  });
  readonly #options: ResultTableOptions;
  /** Number of merge columns when last drawn. */
  #made = 0;

  constructor(options: ResultTableOptions) {
    this.#options = options;
  }

  show(view: ResultView): void {
    const { session, groups, selected } = view;
    const running = session.merging?.state === 'running' ? session.merging : undefined;
    const compares = groups.some(({ rows }) => rows.some(({ difference }) => difference !== undefined));
    const columns = session.merges.length + (running ? 1 : 0) + (compares ? 1 : 0);
    const focused = this.#focusedKey();
    const head = el(
      'tr',
      {},
      el('td'),
      ...session.merges.map(merge => this.#head(merge, view)),
      ...(running ? [pendingHead(running)] : []),
      ...(compares ? [differenceHead(session.merges, selected)] : []),
    );
    const body = groups.map(({ title, rows }) =>
      el(
        'tbody',
        {},
        groupRow(title, columns),
        ...rows.map(row => resultRow(row, session.merges, selected, running !== undefined)),
      ),
    );
    const caption = el('caption', { class: 'visually-hidden', text: l10n.t('Results of the merges') });
    this.element.replaceChildren(
      el(
        'table',
        { class: 'result-table', testid: 'merge-results' },
        caption,
        el('thead', {}, head),
        ...body,
      ),
    );
    this.#focus(focused);
    // New columns appear on the right.
    const made = session.merges.length + (running ? 1 : 0);
    if (made > this.#made && this.#made > 0) this.element.scrollLeft = this.element.scrollWidth;
    this.#made = made;
  }

  #head(merge: StudioMerged, { selected, session, styles }: ResultView): HTMLElement {
    const { name, output, fault } = merge;
    const { onForget, onReport, onReveal, onSelect } = this.#options;
    const isSelected = selected.includes(output);
    const style = styles.get(output);
    const pick = el(
      'button',
      {
        class: 'merge-name',
        attributes: {
          type: 'button',
          'aria-pressed': String(isSelected),
          title: output,
          'data-key': `pick ${output}`,
        },
      },
      ...(style ? [lineSwatch(style)] : []),
      el('span', { text: name }),
    );
    pick.addEventListener('click', () => onSelect(output));
    const action = (iconName: string, label: string, onClick: () => void) => {
      const { element } = createIconButton({ icon: iconName, label, onClick });
      element.dataset['key'] = `${iconName} ${output}`;
      return element;
    };
    const tools = el(
      'div',
      { class: 'merge-tools' },
      ...(fault === undefined
        ? [
            this.#evaluation(merge, session, action),
            action('folder-opened', l10n.t('Show the folder of {0}', name), () => onReveal(output)),
            action('json', l10n.t('Open the report of {0}', name), () => onReport(output)),
          ].flatMap(tool => tool ?? [])
        : []),
      action('close', l10n.t('Remove from the list: {0}', name), () => onForget(output)),
    );
    const why = fault === undefined ? [] : [el('p', { class: 'merge-fault' }, icon('warning'), fault)];
    const classes = isSelected ? 'selected' : '';
    return el(
      'th',
      { class: classes, testid: 'merge-column', attributes: { scope: 'col' } },
      pick,
      tools,
      ...why,
    );
  }

  #evaluation(
    { name, output }: StudioMerged,
    { evaluating, evaluation }: StudioMergeSession,
    action: (iconName: string, label: string, onClick: () => void) => HTMLElement,
  ): HTMLElement | undefined {
    if (evaluation !== 'ready') return undefined;
    const { onCancelEvaluation, onEvaluate } = this.#options;
    if (evaluating?.state !== 'running')
      return action('beaker', l10n.t('Evaluate {0}', name), () => onEvaluate(output));
    if (evaluating.output !== output) return undefined;
    return action('debug-stop', l10n.t('Cancel the evaluation of {0}', name), () => onCancelEvaluation());
  }

  #focusedKey(): string | undefined {
    const { activeElement } = document;
    if (!(activeElement instanceof HTMLElement) || !this.element.contains(activeElement)) return undefined;
    return activeElement.dataset['key'];
  }

  /** Restores the focus after the table was rebuilt. */
  #focus(key: string | undefined): void {
    if (key === undefined) return;
    const keyed = [...this.element.querySelectorAll<HTMLElement>('[data-key]')];
    keyed.find(element => element.dataset['key'] === key)?.focus();
  }
}

function groupRow(title: string, columns: number): HTMLElement {
  const name = el('th', { text: title, attributes: { scope: 'rowgroup' } });
  return el('tr', { class: 'group-row' }, name, el('td', { attributes: { colspan: String(columns) } }));
}

function resultRow(
  { label, cells, difference }: ResultRow,
  merges: readonly StudioMerged[],
  selected: readonly string[],
  pending: boolean,
): HTMLElement {
  const shown = cells.map((cell, at) =>
    resultCell(cell, selected.includes(merges[at]?.output ?? '') ? 'selected' : ''),
  );
  return el(
    'tr',
    {},
    el('th', { class: TRUNCATE, text: label, attributes: { scope: 'row' } }),
    ...shown,
    ...(pending ? [el('td', { class: 'pending' }, el('div', { class: 'skeleton-bar' }))] : []),
    ...(difference ? [resultCell(difference, 'difference')] : []),
  );
}

function resultCell({ text, title, changed }: ResultCell, kind: string): HTMLElement {
  const classes = [kind, changed === true ? 'changed' : '', text === NONE ? 'absent' : ''];
  const cell = el('td', { class: classes.filter(name => name !== '').join(' '), text });
  if (title !== undefined) setTitle(cell, title);
  if (changed === true)
    cell.append(el('span', { class: 'visually-hidden', text: ` ${l10n.t('(changed)')}` }));
  return cell;
}

function pendingHead({ name }: StudioMergeActivity): HTMLElement {
  const text = el('span', { text: name });
  return el(
    'th',
    { class: 'pending', attributes: { scope: 'col' } },
    text,
    el('div', { class: 'quiet', text: l10n.t('merging') }),
  );
}

function differenceHead(merges: readonly StudioMerged[], selected: readonly string[]): HTMLElement {
  const [first = '', second = ''] = merges
    .filter(({ output }) => selected.includes(output))
    .map(({ name }) => name);
  const from = el('div', { class: 'quiet', text: l10n.t('less {0}', first) });
  return el(
    'th',
    { class: 'difference', testid: 'merge-difference', attributes: { scope: 'col' } },
    el('div', { text: second }),
    from,
  );
}
