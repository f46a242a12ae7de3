/**
 * Elements and all text in them. Names come from files, so they are set as printable text, never as HTML. What must be
 * read back unchanged, such as the value of an option, goes into an attribute that is not displayed.
 */
import { shown } from '../../extension/shared/printable.ts';

/** What `el` sets on a new element. */
export interface ElementOptions {
  readonly class?: string;
  readonly text?: string;
  readonly testid?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** Makes an element. */
export function el<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  options: ElementOptions = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  if (options.class !== undefined) element.className = options.class;
  if (options.text !== undefined) setText(element, options.text);
  if (options.testid !== undefined) element.dataset['testid'] = options.testid;
  for (const [name, value] of Object.entries(options.attributes ?? {}))
    element.setAttribute(name, READ.has(name) ? shown(value) : value);
  element.append(...children.map(child => (typeof child === 'string' ? shown(child) : child)));
  return element;
}

/** Attributes that people read or hear. */
const READ: ReadonlySet<string> = new Set(['title', 'placeholder', 'aria-label', 'aria-valuetext']);

/** Replaces an element's content with text. */
export const setText = (element: Element, text: string): void => {
  element.textContent = shown(text);
};

/** Hover text of one line or more. */
export const setTitle = (element: HTMLElement, ...lines: readonly string[]): void => {
  element.title = lines.map(shown).join('\n');
};

/** What screen readers say instead of an element's content. */
export const setLabel = (element: Element, label: string): void => {
  element.setAttribute('aria-label', shown(label));
};

/** One of VS Code's icons; it only repeats the text beside it, so it is hidden from screen readers. */
export const icon = (name: string): HTMLSpanElement =>
  el('span', { class: `codicon codicon-${name}`, attributes: { 'aria-hidden': 'true' } });
