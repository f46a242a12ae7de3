import './tabs.css';
import { el } from './dom.ts';

export interface Tab {
  readonly key: string;
  readonly title: string;
  readonly panel: HTMLElement;
}

export interface TabsOptions {
  /** Distinguishes this set's ids in the page. */
  readonly id: string;
  readonly label: string;
  readonly tabs: readonly Tab[];
  readonly chosen: string;
  readonly onChoose: (key: string) => void;
}

/** Panels in one place, one of them in view. Arrow keys, Home and End move between tabs, Tab into the panel. */
export class Tabs {
  readonly element: HTMLElement;
  readonly #tabs: readonly Tab[];
  readonly #buttons: readonly HTMLButtonElement[];
  readonly #onChoose: (key: string) => void;
  #shown = '';

  constructor({ id, label, tabs, chosen, onChoose }: TabsOptions) {
    this.#tabs = tabs;
    this.#onChoose = onChoose;
    this.#buttons = tabs.map(({ key, title, panel }) => {
      const attributes = {
        role: 'tab',
        type: 'button',
        id: `${id}-tab-${key}`,
        'aria-controls': `${id}-${key}`,
      };
      const button = el('button', { class: 'tab', text: title, attributes });
      button.addEventListener('click', () => this.#choose(key));
      panel.id = `${id}-${key}`;
      panel.setAttribute('role', 'tabpanel');
      panel.setAttribute('aria-labelledby', button.id);
      return button;
    });
    const list = el(
      'div',
      { class: 'tab-list', attributes: { role: 'tablist', 'aria-label': label } },
      ...this.#buttons,
    );
    list.addEventListener('keydown', event => this.#keyDown(event));
    this.element = el('div', { class: 'tabs' }, list, ...tabs.map(({ panel }) => panel));
    this.show(chosen);
  }

  /** The key of the panel in view. */
  get shown(): string {
    return this.#shown;
  }

  /** Brings a panel into view; the first one if none has that key, as one that another version remembered. */
  show(key: string): void {
    const shown = this.#tabs.find(tab => tab.key === key) ?? this.#tabs[0];
    this.#shown = shown?.key ?? '';
    for (const [at, tab] of this.#tabs.entries()) {
      const chosen = tab === shown;
      tab.panel.hidden = !chosen;
      this.#buttons[at]?.setAttribute('aria-selected', String(chosen));
      this.#buttons[at]?.setAttribute('tabindex', chosen ? '0' : '-1');
    }
  }

  #choose(key: string): void {
    this.show(key);
    this.#onChoose(key);
  }

  #keyDown(event: KeyboardEvent): void {
    const from = this.#buttons.findIndex(button => button === event.target);
    const count = this.#buttons.length;
    const to = { ArrowRight: from + 1, ArrowLeft: from - 1 + count, Home: 0, End: count - 1 }[event.key];
    if (from < 0 || to === undefined) return;
    event.preventDefault();
    this.#buttons[to % count]?.focus();
    this.#choose((this.#tabs[to % count] as Tab).key);
  }
}
