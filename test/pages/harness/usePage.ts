import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, inject } from 'vitest';
import { leaveOut } from '../../needs.ts';
import { openPage, type OpenedPage, type PageOptions } from './browser.ts';
import type { PageName } from './setup.ts';

/**
 * A page for the tests of a file, one at a time; anything that goes wrong in it fails its test. Without a browser the
 * tests are left out.
 * @returns a function that opens it
 */
export function usePage(name: PageName): (options?: PageOptions) => Promise<Page> {
  const endpoint = inject('browser');
  let browser: Browser | undefined;
  let context: BrowserContext | undefined;
  let opened: OpenedPage | undefined;
  if (endpoint === undefined) {
    leaveOut('Chromium');
    return () => Promise.reject(new Error('there is no Chromium'));
  }
  beforeAll(async () => {
    browser = await chromium.connect(endpoint);
    context = await browser.newContext();
    // Keeps the window open: tests need only their own page, and a new window takes many times as long.
    await context.newPage();
  });
  afterEach(async () => {
    expect(opened?.problems).toEqual([]);
    await opened?.page.close();
  });
  afterAll(() => browser?.close());
  return async options => {
    if (context === undefined) throw new Error('the browser has not started');
    opened = await openPage(context, inject('addresses')[name], options);
    return opened.page;
  };
}
