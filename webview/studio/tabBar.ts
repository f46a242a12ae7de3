import { el } from '../common/dom.ts';

export interface Tab<Key extends string> {
  readonly key: Key;
  readonly title: string;
  readonly element: HTMLElement;
}

/** Tabs and their panels; arrows, Home and End go from one to the next. */
export class TabBar<Key extends string> {
  readonly element = el('div', { class: 'tab-bar', attributes: { role: 'tablist' } });
  readonly panels = el('div', { class: 'tab-panels' });
  readonly #tabs: readonly Tab<Key>[];
  readonly #onSelect: (key: Key) => void;
  readonly #buttons: readonly HTMLElement[];

  constructor(tabs: readonly Tab<Key>[], onSelect: (key: Key) => void) {
    this.#tabs = tabs;
    this.#onSelect = onSelect;
    this.#buttons = tabs.map(({ key, title, element }) => {
      element.id = `panel-${key}`;
      element.setAttribute('role', 'tabpanel');
      element.setAttribute('aria-labelledby', `tab-${key}`);
      const attributes = { type: 'button', role: 'tab', id: `tab-${key}`, 'aria-controls': element.id };
      const button = el('button', { text: title, attributes });
      button.addEventListener('click', () => onSelect(key));
      return button;
    });
    this.element.append(...this.#buttons);
    this.panels.append(...tabs.map(({ element }) => element));
    this.element.addEventListener('keydown', event => this.#keyDown(event));
  }

  show(key: Key): void {
    for (const [at, tab] of this.#tabs.entries()) {
      const selected = tab.key === key;
      tab.element.hidden = !selected;
      this.#buttons[at]?.setAttribute('aria-selected', String(selected));
      this.#buttons[at]?.setAttribute('tabindex', selected ? '0' : '-1');
    }
  }

  #keyDown(event: KeyboardEvent): void {
    const { length } = this.#tabs;
    const at = this.#buttons.findIndex(button => button === document.activeElement);
    const to = {
      ArrowRight: (at + 1) % length,
      ArrowLeft: (at - 1 + length) % length,
      Home: 0,
      End: length - 1,
    }[event.key];
    const tab = to === undefined ? undefined : this.#tabs[to];
    if (tab === undefined) return;
    event.preventDefault();
    this.#onSelect(tab.key);
    this.#buttons[to as number]?.focus();
  }
}
