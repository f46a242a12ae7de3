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

/** A tab for the tests of a file, with everything that goes wrong in it. */
export class Tab {
  /** Console errors, uncaught exceptions and violations of the content security policy since the last visit. */
  problems: string[] = [];

  private constructor(readonly page: Page) {
    page.on('console', message => {
      if (message.type() === 'error') this.problems.push(message.text());
    });
    page.on('pageerror', error => this.problems.push(error.message));
  }

  static async open(context: BrowserContext): Promise<Tab> {
    const page = await context.newPage();
    await page.addInitScript(() => {
      // A visit begins without the state of the one before; a page that is made anew keeps its own.
      const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
      if (navigation?.type === 'navigate') sessionStorage.clear();
      document.addEventListener('securitypolicyviolation', event => {
        console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
      });
    });
    await rememberGiven(page);
    return new Tab(page);
  }

  /** Opens a page of the harness. */
  async visit(url: string, options: PageOptions = {}): Promise<Page> {
    const { theme = 'dark', rows = 5000, scenario = 'ready', width = 1200, height = 800 } = options;
    const language = options.language ? `&language=${options.language}` : '';
    const query = options.query ?? '';
    await this.page.setViewportSize({ width, height });
    await this.page.mouse.move(0, 0);
    this.problems = [];
    await this.page.goto(`${url}?still&theme=${theme}&rows=${rows}&scenario=${scenario}${language}${query}`);
    return this.page;
  }
}
