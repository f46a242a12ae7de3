import { chromium, type BrowserContext, type BrowserServer, type Page } from 'playwright-core';
import { findBrowser } from '../../provision/find.mjs';
import { rememberGiven } from './texts.ts';
import type { ThemeName } from './themes.ts';

const { chromium: executablePath } = await findBrowser();

export const hasBrowser = executablePath !== undefined;

/** Starts Chromium, from CHROMIUM or where it usually is. */
export async function launch(): Promise<BrowserServer> {
  if (executablePath === undefined) throw new Error('there is no Chromium');
  return chromium.launchServer({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
}

export interface PageOptions {
  readonly theme?: ThemeName;
  readonly rows?: number;
  /** What the mock host does. */
  readonly scenario?: string;
  readonly width?: number;
  readonly height?: number;
  /** `pseudo`: every translatable text is in brackets. */
  readonly language?: 'pseudo';
  /** Further query parameters: `&tasks=1`. */
  readonly query?: string;
}

/** A page of the harness, with everything that went wrong in it. */
export interface OpenedPage {
  readonly page: Page;
  /** Console errors, uncaught exceptions and violations of the content security policy. */
  readonly problems: string[];
}

/** Opens the page in its own tab, which shares no state with others. */
export async function openPage(
  context: BrowserContext,
  url: string,
  options: PageOptions = {},
): Promise<OpenedPage> {
  const { theme = 'dark', rows = 5000, scenario = 'ready', width = 1200, height = 800 } = options;
  const language = options.language ? `&language=${options.language}` : '';
  const query = options.query ?? '';
  const page = await context.newPage();
  await page.setViewportSize({ width, height });
  const problems: string[] = [];
  page.on('console', message => {
    if (message.type() === 'error') problems.push(message.text());
  });
  page.on('pageerror', error => problems.push(error.message));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', event => {
      console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
    });
  });
  if (options.language) await rememberGiven(page);
  await page.goto(`${url}?still&theme=${theme}&rows=${rows}&scenario=${scenario}${language}${query}`);
  return { page, problems };
}
