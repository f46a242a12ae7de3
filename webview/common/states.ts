import './states.css';
import { el, icon } from './dom.ts';
import { createButton } from './ui/toolkit.ts';

/** What an error pane says: what failed, why, and the remedy with its button. */
export interface Failure {
  readonly what: string;
  readonly why: string;
  readonly remedy: string;
  readonly action: string;
  readonly onAction: () => void;
  readonly testid?: string;
}

/** A pane shown instead of what could not be loaded. */
export function errorPane(failure: Failure): HTMLElement {
  const button = createButton({ label: failure.action, appearance: 'primary', onClick: failure.onAction });
  return el(
    'div',
    { class: 'state-pane', testid: failure.testid, attributes: { role: 'alert' } },
    icon('error'),
    el('h2', { text: failure.what }),
    el('p', { class: 'state-why', text: failure.why }),
    el('p', { class: 'quiet', text: failure.remedy }),
    button,
  );
}

/** A pane for when there is nothing to show, with what to do about it. */
export function emptyPane(what: string, hint: string, action: string, onAction: () => void): HTMLElement {
  const button = createButton({ label: action, appearance: 'secondary', onClick: onAction });
  return el(
    'div',
    { class: 'state-pane' },
    el('p', { class: 'state-what', text: what }),
    el('p', { class: 'quiet', text: hint }),
    button,
  );
}

/** One line above the content, for a failure that leaves the content usable. */
export class Notice {
  readonly element = el('div', { class: 'notice', attributes: { role: 'alert' } });

  constructor() {
    this.element.hidden = true;
  }

  show(message: string, action: string, onAction: () => void): void {
    const button = el('button', { class: 'link', text: action, attributes: { type: 'button' } });
    button.addEventListener('click', () => {
      this.hide();
      onAction();
    });
    this.element.replaceChildren(icon('warning'), el('span', { text: message }), button);
    this.element.hidden = false;
  }

  hide(): void {
    this.element.hidden = true;
  }
}

/** Grey bars where text will appear; the lengths of each line are percentages. Screen readers get the sentence. */
export function skeleton(sentence: string, lines: readonly (readonly number[])[]): HTMLElement {
  const bars = lines.map(widths => {
    const line = el('div', { class: 'skeleton-line' });
    for (const width of widths) {
      const bar = el('div', { class: 'skeleton-bar' });
      bar.style.width = `${width}%`;
      line.append(bar);
    }
    return line;
  });
  const words = el('p', { class: 'visually-hidden', text: sentence });
  return el('div', { class: 'skeleton', attributes: { role: 'status' } }, words, ...bars);
}
