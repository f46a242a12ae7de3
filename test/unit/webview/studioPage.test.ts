/** The Studio's page in Chromium, under the host's content security policy, with a mock host behind it. */
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { launch } from './harness/browser.ts';
import type { MockStudioHost, StudioScenario } from './harness/mockStudioHost.ts';
import { serve } from './harness/serve.mjs';
import type { ThemeName } from './harness/themes.ts';

declare global {
  var studio: { readonly host: MockStudioHost; setTheme(name: ThemeName): void };
}

const SCREENSHOTS = fileURLToPath(new URL('../../e2e/screenshots/', import.meta.url));
const TIMEOUT = 60_000;

interface Options {
  readonly theme?: ThemeName;
  readonly scenario?: StudioScenario;
  readonly width?: number;
  readonly tensors?: number;
  readonly tasks?: number;
  readonly flat?: boolean;
}

let server: Awaited<ReturnType<typeof serve>>;
let browser: Browser;
let page: Page;
let problems: string[] = [];

beforeAll(async () => {
  browser = await launch();
  server = await serve('studio', 'studioPage');
  await mkdir(SCREENSHOTS, { recursive: true });
}, TIMEOUT);

afterEach(async () => {
  expect(problems).toEqual([]);
  await page?.context().close();
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

/** Opens the page; whatever goes wrong in it fails the test. */
async function visit(options: Options = {}): Promise<void> {
  const { theme = 'dark', scenario = 'ready', width = 1200, tensors = 226, tasks = 8, flat } = options;
  const context = await browser.newContext({ viewport: { width, height: 900 } });
  page = await context.newPage();
  problems = [];
  const found = problems;
  page.on('console', message => {
    if (message.type() === 'error') found.push(message.text());
  });
  page.on('pageerror', error => found.push(error.message));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', event => {
      console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
    });
  });
  const query = { theme, scenario, tensors, tasks, ...(flat ? { flat: 1 } : {}) };
  await page.goto(`${server.url}?still&${new URLSearchParams(Object.entries(query).map(([k, v]) => [k, String(v)])).toString()}`);
}

async function open(options: Options = {}): Promise<void> {
  await visit(options);
  await page.getByTestId('tvq-row').first().waitFor();
}

const text = async (id: string) => (await page.getByTestId(id).innerText()).replace(/\s+/g, ' ').trim();
const dot = () => page.getByRole('slider', { name: 'Budget' });
const size = async () => Number(await dot().getAttribute('aria-valuenow'));

describe('what is shown', () => {
  const looks = (['light', 'dark', 'contrast'] as const satisfies ThemeName[]).flatMap(theme =>
    [1200, 420].map(width => ({ theme, width })),
  );

  test.each(looks)('$theme, $width px', { timeout: TIMEOUT }, async ({ theme, width }) => {
    await open({ theme, width });
    expect(await text('tvq-bits')).toBe('2.00 bpw');
    await page.screenshot({ path: `${SCREENSHOTS}studio-bits-${theme}-${width}.png` });
    await page.getByRole('tab', { name: 'Sensitivity' }).click();
    await page.getByRole('grid', { name: /Sensitivity/ }).waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    await page.screenshot({ path: `${SCREENSHOTS}studio-sensitivity-${theme}-${width}.png` });
  });
});
