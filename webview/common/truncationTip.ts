import { el } from './dom.ts';

const GAP = 4;

/** Elements of this class are truncated when there is no room, and then show their whole text in a tip. */
export const TRUNCATE = 'truncate';

const isCut = (element: Element): boolean =>
  [element, ...element.children].some(part => part.scrollWidth > part.clientWidth + 1);

/**
 * One tip per page: the whole text of the truncated text that is hovered, or focused in a table. Escape hides it, as
 * WCAG 1.4.13 requires.
 */
export class TruncationTip {
  readonly #element = el('div', { class: 'tip', attributes: { role: 'tooltip' } });

  constructor() {
    this.#element.hidden = true;
    document.body.append(this.#element);
    document.addEventListener('pointerover', event => {
      if (event.target instanceof Element) this.show(event.target.closest(`.${TRUNCATE}`));
    });
    document.addEventListener('keydown', event => {
      if (event.key === 'Escape') this.hide();
    });
    document.addEventListener('scroll', () => this.hide(), { capture: true, passive: true });
  }

  /** Shows the text of `anchor` beneath it when it is truncated, and hides the tip when it is not. */
  show(anchor: Element | null): void {
    if (anchor === null || !isCut(anchor)) return this.hide();
    this.#element.textContent = anchor.textContent;
    this.#element.hidden = false;
    const at = anchor.getBoundingClientRect();
    const tip = this.#element.getBoundingClientRect();
    const below = at.bottom + GAP;
    const fits = below + tip.height <= window.innerHeight;
    const left = Math.max(GAP, Math.min(at.left, window.innerWidth - tip.width - GAP));
    this.#element.style.left = `${left}px`;
    this.#element.style.top = `${fits ? below : at.top - GAP - tip.height}px`;
  }

  hide(): void {
    this.#element.hidden = true;
  }
}
