/** Pages show names as text; the browser is mocked here. */
import { afterAll, expect, test, vi } from 'vitest';
import { el, setLabel, setTitle } from '../../../webview/common/dom.ts';
import { splitName } from '../../../webview/common/names.ts';

class Element {
  textContent = '';
  title = '';
  readonly attributes: Record<string, string> = {};
  readonly children: unknown[] = [];
  setAttribute(name: string, value: string) {
    this.attributes[name] = value;
  }
  append(...children: unknown[]) {
    this.children.push(...children);
  }
}

vi.stubGlobal('document', { createElement: () => new Element() });
afterAll(() => vi.unstubAllGlobals());

test('text, children and what is read aloud are printable; values stay', () => {
  const attributes = { title: 'a\nb', 'aria-label': '\u202e', value: '\x1b\n' };
  const made = el('span', { text: '\x1b[31m<b>', attributes }, 'c\n');
  expect(made).toMatchObject({
    textContent: '\\x1b[31m<b>',
    attributes: { title: 'a\\nb', 'aria-label': '\\u202e', value: '\x1b\n' },
    children: ['c\\n'],
  });
  setTitle(made, 'a\n', 'b');
  setLabel(made, '\x9b');
  expect(made).toMatchObject({ title: 'a\\n\nb', attributes: { 'aria-label': '\\x9b' } });
});

test('a name is cut as it is shown', () => {
  expect(splitName('layers.\x1b.weight')).toEqual({ head: '', tail: 'layers.\\x1b.weight' });
});
