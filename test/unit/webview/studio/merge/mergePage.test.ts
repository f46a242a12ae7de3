/** The Merge tab in Chromium, under the host's content security policy, with a mock host behind it. */
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { launch, openPage, type OpenedPage, type PageOptions } from '../../harness/browser.ts';
import { serve } from '../../harness/serve.mjs';
import type { ThemeName } from '../../harness/themes.ts';
import './window.ts';

const SCREENSHOTS = fileURLToPath(new URL('../../../../e2e/screenshots/', import.meta.url));
const TIMEOUT = 60_000;

let server: Awaited<ReturnType<typeof serve>>;
let browser: Browser;
let opened: OpenedPage | undefined;

beforeAll(async () => {
  browser = await launch();
  server = await serve({
    main: 'test/unit/webview/studio/merge/main.ts',
    page: 'test/unit/webview/studio/merge/page.ts',
  });
  await mkdir(SCREENSHOTS, { recursive: true });
}, TIMEOUT);

afterEach(async () => {
  expect(opened?.problems).toEqual([]);
  await opened?.page.context().close();
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

async function open(options: PageOptions = {}): Promise<Page> {
  opened = await openPage(browser, server.url, { height: 1000, ...options });
  return opened.page;
}

async function openTab(options: PageOptions = {}): Promise<Page> {
  const page = await open(options);
  await page.getByTestId('merge-method').waitFor();
  return page;
}

describe('what is shown', () => {
  const looks = (['light', 'dark', 'contrast'] as const satisfies ThemeName[]).flatMap(theme =>
    [1280, 400].map(width => ({ theme, width })),
  );

  test.each(looks)('$theme, $width px', { timeout: TIMEOUT }, async ({ theme, width }) => {
    const page = await openTab({ theme, width });
    await page.getByTestId('merge-preview').getByText('≈ 1.22 GB').waitFor();
    await page.screenshot({ path: `${SCREENSHOTS}merge-${theme}-${width}.png`, fullPage: true });
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(
      0,
    );
  });
});
