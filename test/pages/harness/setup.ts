/** Shared by all tests of pages: one browser, and a server for each page with the mock of its host. */
import type { TestProject } from 'vitest/node';
import { hasBrowser, launch } from './browser.ts';
import { serve } from './serve.mjs';

const SOURCES = {
  inspector: { main: 'webview/inspector/main.ts', page: 'test/pages/harness/page.ts' },
  studio: { main: 'webview/studio/main.ts', page: 'test/pages/harness/studioPage.ts' },
  mergeTab: { main: 'test/pages/studio/merge/main.ts', page: 'test/pages/studio/merge/page.ts' },
} as const;

export type PageName = keyof typeof SOURCES;

declare module 'vitest' {
  interface ProvidedContext {
    /** The browser's endpoint; undefined: there is no browser. */
    browser: string | undefined;
    addresses: Record<PageName, string>;
  }
}

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (!hasBrowser) {
    project.provide('browser', undefined);
    return undefined;
  }
  const names = Object.keys(SOURCES) as PageName[];
  const [browser, ...servers] = await Promise.all([launch(), ...names.map(name => serve(SOURCES[name]))]);
  project.provide('browser', browser.wsEndpoint());
  const addresses = names.map((name, i) => [name, servers[i]?.url ?? '']);
  project.provide('addresses', Object.fromEntries(addresses) as Record<PageName, string>);
  return async () => {
    await Promise.all([browser.close(), ...servers.map(server => server.close())]);
  };
}
