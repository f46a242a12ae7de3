import * as l10n from '@vscode/l10n';
import type { Progress } from '../../extension/protocol/results.ts';
import { el, setLabel, setText } from '../common/dom.ts';
import { createButton } from '../common/ui/toolkit.ts';

/** Running work: how far it is, on what, and a way to stop it. */
export class ProgressLine {
  readonly element: HTMLElement;
  readonly #bar = el('progress', { attributes: { max: '1' } });
  readonly #text = el('span', { class: 'truncate' });

  constructor(onCancel: () => void) {
    const cancel = createButton({ label: l10n.t('Cancel'), appearance: 'secondary', onClick: onCancel });
    this.element = el(
      'div',
      { class: 'progress-line', testid: 'tvq-progress' },
      this.#bar,
      this.#text,
      cancel,
    );
    this.element.hidden = true;
  }

  /** @param title what the work is, also for screen readers */
  start(title: string): void {
    this.#bar.removeAttribute('value');
    setLabel(this.#bar, title);
    setText(this.#text, `${title}…`);
    this.element.hidden = false;
  }

  update({ done, total, current }: Progress): void {
    if (this.element.hidden || total === 0) return;
    this.#bar.value = done / total;
    setText(this.#text, `${Math.floor((100 * done) / total)} %${current === '' ? '' : ` · ${current}`}`);
  }

  stop(): void {
    this.element.hidden = true;
  }
}
