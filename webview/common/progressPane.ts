import * as l10n from '@vscode/l10n';
import './progressPane.css';
import { el, setText } from './dom.ts';
import { createButton } from './ui/toolkit.ts';

/** How far some work has come, such as the host's `Progress`. */
interface Step {
  readonly done: number;
  readonly total: number;
  readonly current: string;
}

/** Takes the place of a result while work is running: what is being done, how far it is, and a way to stop it. */
export class ProgressPane {
  readonly element: HTMLElement;
  readonly #bar: HTMLProgressElement;
  readonly #current = el('span', { class: 'progress-current truncate quiet' });

  constructor(sentence: string, onCancel: () => void) {
    // Without a value, the bar only shows that something is going on.
    this.#bar = el('progress', { attributes: { max: '1', 'aria-label': sentence } });
    const cancel = createButton({ label: l10n.t('Cancel'), appearance: 'secondary', onClick: onCancel });
    const words = el('span', { text: sentence, attributes: { role: 'status' } });
    this.element = el('div', { class: 'progress-pane' }, words, this.#bar, this.#current, cancel);
  }

  update({ done, total, current }: Step): void {
    if (total > 0) this.#bar.value = done / total;
    setText(this.#current, current);
  }
}
