import { el, setText } from './dom.ts';

export interface Reading {
  readonly value: string;
  readonly unit?: string;
  readonly caption: string;
}

/** A key number: large, with its unit beside it and its meaning below. */
export class ReadOut {
  readonly element: HTMLElement;
  readonly #figure: HTMLElement;
  readonly #value = el('strong');
  readonly #unit = el('span', { class: 'quiet' });
  readonly #caption = el('span', { class: 'quiet' });

  constructor(testid: string) {
    this.#figure = el('span', { class: 'read-out-value', testid });
    this.element = el('div', { class: 'read-out' }, this.#figure, this.#caption);
  }

  show({ value, unit, caption }: Reading): void {
    setText(this.#value, value);
    setText(this.#unit, unit ?? '');
    this.#figure.replaceChildren(this.#value, ...(unit === undefined ? [] : [' ', this.#unit]));
    setText(this.#caption, caption);
  }
}
