import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, inject } from 'vitest';
import { leaveOut } from '../../needs.ts';
import { Tab, type PageOptions } from './browser.ts';
import type { PageName } from './setup.ts';

/**
 * A page for the tests of a file, one at a time, all in one tab; anything that goes wrong in it fails its test. Without
 * a browser the tests are left out.
 * @returns a function that opens it
 */
export function usePage(name: PageName): (options?: PageOptions) => Promise<Page> {
  const endpoint = inject('browser');
  let browser: Browser | undefined;
  let tab: Tab | undefined;
  if (endpoint === undefined) {
    leaveOut('Chromium');
    return () => Promise.reject(new Error('there is no Chromium'));
  }
  beforeAll(async () => {
    browser = await chromium.connect(endpoint);
    tab = await Tab.open(await browser.newContext());
  });
  afterEach(() => expect(tab?.problems).toEqual([]));
  afterAll(() => browser?.close());
  return async options => {
    if (tab === undefined) throw new Error('the browser has not started');
    return tab.visit(inject('addresses')[name], options);
  };
}
