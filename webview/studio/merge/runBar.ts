import * as l10n from '@vscode/l10n';
import type { StudioMergeActivity, StudioMergePlan } from '../../../extension/protocol/merge.ts';
import type { Progress } from '../../../extension/protocol/results.ts';
import { el, icon, setText, setTitle } from '../../common/dom.ts';
import { TRUNCATE } from '../../common/truncationTip.ts';
import { createButton, setDisabled } from '../../common/ui/toolkit.ts';
import { messagesOf, percentOf, previewOf } from './runModel.ts';

export interface RunBarOptions {
  readonly onMerge: () => void;
  readonly onCancel: () => void;
  /** Choose another folder. */
  readonly onOutput: () => void;
  /** Let the host propose a folder again. */
  readonly onProposed: () => void;
}

/** The output folder, the expected cost, what prevents the merge, and the button that turns into progress. */
export class RunBar {
  readonly element: HTMLElement;
  readonly #folder = el('span', { class: TRUNCATE, testid: 'merge-output' });
  readonly #proposed: HTMLElement;
  readonly #preview = el('dl', { class: 'preview', testid: 'merge-preview' });
  readonly #problems = el('div', { class: 'problems', attributes: { role: 'status' } });
  readonly #merge: HTMLElement;
  readonly #bar = el('progress', { attributes: { max: '100', 'aria-label': l10n.t('Merging') } });
  readonly #percent = el('span', { class: 'numbers', testid: 'merge-percent' });
  readonly #current = el('span', { class: `quiet name ${TRUNCATE}` });
  readonly #progress: HTMLElement;
  readonly #ended = el('p', { class: 'ended', testid: 'merge-ended', attributes: { role: 'status' } });
  #isRunning = false;
  #isPlanned = false;

  constructor(options: RunBarOptions) {
    const link = (text: string, onClick: () => void) => {
      const button = el('button', { class: 'link action', text, attributes: { type: 'button' } });
      button.addEventListener('click', onClick);
      return button;
    };
    this.#proposed = link(l10n.t('Reset'), options.onProposed);
    this.#merge = createButton({ label: l10n.t('Merge'), appearance: 'primary', onClick: options.onMerge });
    const cancel = createButton({
      label: l10n.t('Cancel'),
      appearance: 'secondary',
      onClick: options.onCancel,
    });
    this.#progress = el(
      'div',
      { class: 'merge-progress' },
      el('div', { class: 'merge-progress-line' }, this.#bar, this.#percent, cancel),
      this.#current,
    );
    this.element = el(
      'div',
      { class: 'run-bar' },
      el(
        'div',
        { class: 'output-line' },
        el('span', { class: 'quiet', text: l10n.t('Folder') }),
        this.#folder,
        link(l10n.t('Change…'), options.onOutput),
        this.#proposed,
      ),
      this.#preview,
      this.#problems,
      this.#ended,
      this.#merge,
      this.#progress,
    );
    this.plan(undefined, false);
    this.activity(undefined);
  }

  /** Shows what is expected; undefined while the plan is pending. */
  plan(plan: StudioMergePlan | undefined, ownFolder: boolean): void {
    this.#proposed.hidden = !ownFolder;
    this.element.classList.toggle('planning', plan === undefined);
    this.#isPlanned = plan !== undefined;
    if (plan === undefined) return this.#enable();
    setText(this.#folder, plan.outputName);
    setTitle(this.#folder, plan.output);
    const parts = previewOf(plan).map(({ label, value }) =>
      el('div', {}, el('dt', { text: label }), el('dd', { text: value })),
    );
    this.#preview.replaceChildren(...parts);
    const errors = messagesOf(plan.problems, 'error');
    this.#isPlanned = errors.length === 0;
    this.#say(errors, messagesOf(plan.problems, 'warning'));
    this.#enable();
  }

  /** Shows why there is no plan for the form. */
  refuse(why: string): void {
    this.#isPlanned = false;
    this.element.classList.remove('planning');
    this.#preview.replaceChildren();
    this.#say([why], []);
    this.#enable();
  }

  /** Shows what is running, or how it ended. */
  activity(merging: StudioMergeActivity | undefined): void {
    const { state, name = '', message = '' } = merging ?? {};
    const starts = state === 'running' && !this.#isRunning;
    this.#isRunning = state === 'running';
    this.#merge.hidden = this.#isRunning;
    this.#progress.hidden = !this.#isRunning;
    this.#ended.hidden = state === undefined || state === 'running';
    this.#ended.classList.toggle('failed', state === 'failed');
    const why =
      state === 'failed'
        ? l10n.t('{0} was not merged. {1}', name, message)
        : l10n.t('Cancelled: {0} was not written.', name);
    if (!this.#ended.hidden)
      this.#ended.replaceChildren(
        icon(state === 'failed' ? 'error' : 'circle-slash'),
        el('span', { text: why }),
      );
    if (starts) this.progress({ done: 0, total: 0, current: '' });
    this.#enable();
  }

  progress(progress: Progress): void {
    const percent = percentOf(progress);
    if (progress.total > 0) this.#bar.value = percent;
    else this.#bar.removeAttribute('value');
    setText(this.#percent, progress.total > 0 ? `${percent} %` : l10n.t('starting'));
    setText(this.#current, progress.current);
  }

  #say(errors: readonly string[], warnings: readonly string[]): void {
    const line = (kind: 'error' | 'warning') => (message: string) =>
      el('li', { class: kind }, icon(kind), el('span', { text: message }));
    const lines = [...errors.map(line('error')), ...warnings.map(line('warning'))];
    this.#problems.replaceChildren(...(lines.length > 0 ? [el('ul', {}, ...lines)] : []));
  }

  #enable(): void {
    setDisabled(this.#merge, this.#isRunning || !this.#isPlanned);
  }
}
