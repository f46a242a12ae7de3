import './popupMenu.css';
import { el, icon } from './dom.ts';

export interface MenuEntry {
  readonly label: string;
  /** Whether this is the current choice, where one of several is. */
  readonly checked?: boolean;
  /** Whether there is a line above it. */
  readonly separated?: boolean;
  readonly onPick: () => void;
}

const MARGIN = 4;

let close: (() => void) | undefined;

/**
 * A small menu below (or above) a rectangle. Arrows, Home, End and letters move, Escape and a click elsewhere close it;
 * the focus then returns to where it was.
 */
export function openMenu(title: string, anchor: DOMRect, entries: readonly MenuEntry[]): void {
  close?.();
  const before = document.activeElement;
  const buttons = entries.map(({ label, checked, onPick }) => {
    const button = el('button', { attributes: { type: 'button', role: 'menuitem' } }, label);
    if (checked !== undefined) {
      const tick = icon('check');
      tick.style.visibility = checked ? 'visible' : 'hidden';
      button.prepend(tick);
      button.role = 'menuitemradio';
      button.ariaChecked = String(checked);
    }
    button.addEventListener('click', () => {
      close?.();
      onPick();
    });
    return button;
  });
  const menu = el('div', {
    class: 'popup',
    testid: 'tvq-menu',
    attributes: { role: 'menu', 'aria-label': title },
  });
  menu.append(el('div', { class: 'popup-title', text: title, attributes: { 'aria-hidden': 'true' } }));
  entries.forEach(({ separated }, at) => {
    if (separated) menu.append(el('div', { class: 'popup-line', attributes: { role: 'separator' } }));
    menu.append(buttons[at] as HTMLElement);
  });
  document.body.append(menu);
  place(menu, anchor);
  (buttons.find(button => button.getAttribute('aria-checked') === 'true') ?? buttons[0])?.focus();

  const outside = (event: Event) => {
    if (!(event.target instanceof Node && menu.contains(event.target))) close?.();
  };
  const keyDown = (event: KeyboardEvent) => {
    const to = target(buttons, event.key);
    if (event.key === 'Escape' || event.key === 'Tab') close?.();
    else if (to === undefined) return;
    to?.focus();
    event.preventDefault();
    event.stopPropagation();
  };
  menu.addEventListener('keydown', keyDown);
  document.addEventListener('pointerdown', outside, true);
  window.addEventListener('blur', outside);
  close = () => {
    close = undefined;
    document.removeEventListener('pointerdown', outside, true);
    window.removeEventListener('blur', outside);
    menu.remove();
    if (before instanceof HTMLElement) before.focus();
  };
}

function target(buttons: readonly HTMLElement[], key: string): HTMLElement | undefined {
  const at = buttons.findIndex(button => button === document.activeElement);
  const { length } = buttons;
  switch (key) {
    case 'ArrowDown':
      return buttons[(at + 1) % length];
    case 'ArrowUp':
      return buttons[(at - 1 + length) % length];
    case 'Home':
      return buttons[0];
    case 'End':
      return buttons[length - 1];
  }
  if (key.length !== 1 || key === ' ') return undefined;
  const order = [...buttons.slice(at + 1), ...buttons.slice(0, at + 1)];
  return order.find(button => button.textContent.toLowerCase().startsWith(key.toLowerCase()));
}

function place(menu: HTMLElement, anchor: DOMRect): void {
  const size = menu.getBoundingClientRect();
  const fits = anchor.bottom + size.height + MARGIN <= window.innerHeight;
  const top = fits ? anchor.bottom : Math.max(MARGIN, anchor.top - size.height);
  const left = Math.min(anchor.left, window.innerWidth - size.width - MARGIN);
  menu.style.top = `${Math.min(top, Math.max(MARGIN, window.innerHeight - size.height - MARGIN))}px`;
  menu.style.left = `${Math.max(MARGIN, left)}px`;
}
