/** What a page is like for people who cannot see it, and for those without a pointer. */
import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** More than any page has; a page that traps the focus must not hang the test. */
const MOST_STOPS = 150;

/** What depends on colours, and so on the theme; all else is the same in every theme. */
const COLOUR_RULES = ['color-contrast', 'link-in-text-block'];

/** Violations found by axe in any theme that keep someone from using the page, as lines. The page stays dark. */
export async function violations(page: Page): Promise<string[]> {
  const has = await page.evaluate(() => 'axe' in globalThis);
  if (!has) await page.evaluate(axe.source); // not a script of the page, so its policy stays strict
  const found = await page.evaluate(async runOnly => {
    const { axe: inPage } = globalThis as unknown as { axe: typeof axe };
    // Passed rules are not reported: they are not used here, and take most of the time.
    const { violations: all } = await inPage.run({ resultTypes: ['violations'] });
    for (const theme of ['light', 'contrast'] as const) {
      setTheme(theme);
      // Charts follow in the next frame.
      await new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      all.push(...(await inPage.run({ runOnly, resultTypes: ['violations'] })).violations);
    }
    setTheme('dark');
    return all;
  }, COLOUR_RULES);
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
}

/** What Tab stops at, from the beginning of the page to its end, by accessible name. */
export async function tabStops(page: Page): Promise<string[]> {
  await walk(page); // from the current focus, and so to the beginning
  return walk(page);
}

async function walk(page: Page): Promise<string[]> {
  const names: string[] = [];
  while (names.length < MOST_STOPS) {
    await page.keyboard.press('Tab');
    const name = await page.evaluate(() => {
      const focused = document.activeElement as HTMLElement;
      if (focused === document.body) return undefined;
      const label = (focused as Partial<HTMLInputElement>).labels?.[0];
      return focused.getAttribute('aria-label') ?? (label ?? focused).textContent.trim();
    });
    if (name === undefined) break;
    names.push(name);
  }
  return names;
}

/**
 * Accessible names of all visible controls. Parts of a composite that are reached by arrow keys do not count: they have
 * tabindex -1, or none.
 */
export const controls = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    [
      ...document.querySelectorAll<HTMLElement>(
        'button, vscode-button, vscode-text-field, select, input, summary, [tabindex="0"]',
      ),
    ]
      .filter(
        element =>
          element.checkVisibility({ visibilityProperty: true }) &&
          element.getAttribute('tabindex') !== '-1' &&
          !element.matches(':disabled, [disabled], [aria-disabled=true]'),
      )
      .map(element => {
        const label = (element as Partial<HTMLInputElement>).labels?.[0];
        return element.getAttribute('aria-label') ?? (label ?? element).textContent.trim();
      }),
  );
