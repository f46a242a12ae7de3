import './menuButton.css';
import { el } from './dom.ts';
import { createIconButton } from './ui/toolkit.ts';

export interface MenuItem {
  readonly label: string;
  readonly onClick: () => void;
}

/**
 * An icon button that opens a menu beneath it. `items` is asked each time. Arrow keys, Home and End walk through it,
 * Escape and Tab leave it.
 */
export function createMenuButton(options: {
  readonly icon: string;
  readonly label: string;
  readonly items: () => readonly MenuItem[];
}): HTMLElement {
  const menu = el('div', { class: 'menu', attributes: { role: 'menu', 'aria-label': options.label } });
  menu.hidden = true;
  const button = createIconButton({ ...options, onClick: () => (menu.hidden ? open() : close()) }).element;
  button.setAttribute('aria-haspopup', 'menu');
  const element = el('div', { class: 'menu-anchor' }, button, menu);

  const close = () => {
    menu.hidden = true;
    button.setAttribute('aria-expanded', 'false');
  };
  close();
  const open = () => {
    const entries = options.items().map(item => {
      const entry = el('button', {
        class: 'menu-item',
        text: item.label,
        attributes: { type: 'button', role: 'menuitem', tabindex: '-1' },
      });
      entry.addEventListener('click', () => {
        close();
        button.focus();
        item.onClick();
      });
      return entry;
    });
    menu.replaceChildren(...entries);
    menu.hidden = false;
    button.setAttribute('aria-expanded', 'true');
    entries[0]?.focus();
  };

  menu.addEventListener('keydown', event => {
    const entries = [...menu.children] as HTMLElement[];
    const from = entries.findIndex(entry => entry === event.target);
    const count = entries.length;
    const to = { ArrowDown: from + 1, ArrowUp: from - 1 + count, Home: 0, End: count - 1 }[event.key];
    if (to !== undefined) entries[to % count]?.focus();
    else if (event.key === 'Escape') {
      close();
      button.focus();
    } else return;
    event.preventDefault();
  });
  element.addEventListener('focusout', event => {
    if (!(event.relatedTarget instanceof Node) || !element.contains(event.relatedTarget)) close();
  });
  return element;
}
