import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { leaveOut } from '../../../needs.ts';
import { hasBrowser, launch, openPage, type OpenedPage, type PageOptions } from './browser.ts';
import { serve } from './serve.mjs';

/** Pages with the mocks of their hosts. */
export const PAGES = {
  inspector: { main: 'webview/inspector/main.ts', page: 'test/unit/webview/harness/page.ts' },
  studio: { main: 'webview/studio/main.ts', page: 'test/unit/webview/harness/studioPage.ts' },
  mergeTab: {
    main: 'test/unit/webview/studio/merge/main.ts',
    page: 'test/unit/webview/studio/merge/page.ts',
  },
} as const;

/**
 * A page for the tests of a file, one at a time; whatever goes wrong in it fails its test. Without a browser the
 * tests are left out.
 * @returns what opens it
 */
export function usePage(name: keyof typeof PAGES): (options?: PageOptions) => Promise<Page> {
  let browser: Browser | undefined;
  let server: Awaited<ReturnType<typeof serve>> | undefined;
  let opened: OpenedPage | undefined;
  if (!hasBrowser) {
    leaveOut('Chromium');
    return () => Promise.reject(new Error('there is no Chromium'));
  }
  beforeAll(async () => {
    browser = await launch();
    server = await serve(PAGES[name]);
  });
  afterEach(async () => {
    expect(opened?.problems).toEqual([]);
    await opened?.page.context().close();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });
  return async options => {
    if (browser === undefined || server === undefined) throw new Error('the browser has not started');
    opened = await openPage(browser, server.url, options);
    return opened.page;
  };
}
