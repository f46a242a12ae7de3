import type { Page } from 'playwright-core';

/** Not translated: units and names of formats, like the file's own names. */
const UNITS = new Set(
  'kB MB GB TB min bpw bit CPU GPU CSV PNG SVG FP tvq TVQ RTVQ Ctrl Alt Shift'.split(' '),
);

const ATTRIBUTES = [
  'aria-label',
  'aria-description',
  'aria-valuetext',
  'title',
  'placeholder',
  'alt',
  'label',
];

declare global {
  var given: Set<string>;
}

/** Records every text that the host sends to a page of the tab: file names, tensors, methods. */
export async function rememberGiven(page: Page): Promise<void> {
  await page.addInitScript(() => {
    globalThis.given = new Set();
    const visit = (value: unknown): void => {
      if (typeof value === 'string') globalThis.given.add(value);
      else if (Array.isArray(value)) value.forEach(visit);
      else if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value))
        for (const [name, member] of Object.entries(value)) visit([name, member]);
    };
    window.addEventListener('message', ({ data }) => visit(data));
  });
}

/** Texts of a page in the pseudo language that were neither translated nor given by the host. */
export async function untranslated(page: Page): Promise<string[]> {
  const texts = await page.evaluate(attributes => {
    const found: string[] = [];
    const translations = JSON.parse(document.getElementById('l10n')?.textContent ?? '{}') as object;
    const words = [...globalThis.given].filter(text => !(text in translations));
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      if (node instanceof Element) {
        const values = attributes.map(name => node.getAttribute(name));
        found.push(...values.filter(value => value !== null));
      } else if (node.parentElement?.closest('script, style') === null) found.push(node.nodeValue ?? '');
    }
    return { found, words };
  }, ATTRIBUTES);
  const given = new Set(texts.words.flatMap(wordsOf));
  const isForeign = (word: string) => !given.has(word) && !UNITS.has(word);
  return [...new Set(texts.found)].filter(text => wordsOf(outsideBrackets(text)).some(isForeign));
}

const wordsOf = (text: string): string[] => text.match(/\p{L}{2,}/gu) ?? [];

/** The text outside brackets, which may be nested. */
function outsideBrackets(text: string): string {
  const inner = text.replaceAll(/⟦[^⟦⟧]*⟧/g, ' ');
  return inner === text ? text : outsideBrackets(inner);
}
