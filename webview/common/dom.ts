/** What `el` sets on a new element. File-derived text goes in as `text` or as a child, and so never as HTML. */
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
  if (options.text !== undefined) element.textContent = options.text;
  if (options.testid !== undefined) element.dataset['testid'] = options.testid;
  for (const [name, value] of Object.entries(options.attributes ?? {})) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** One of VS Code's icons; it only repeats what stands beside it, so screen readers pass it over. */
export const icon = (name: string): HTMLSpanElement =>
  el('span', { class: `codicon codicon-${name}`, attributes: { 'aria-hidden': 'true' } });
