/** The inspector under axe-core: nothing serious in any of its panes, in any theme. */
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch, openPage } from './harness/browser.ts';
import { serve } from './harness/serve.mjs';

let server: Awaited<ReturnType<typeof serve>>;
let browser: Browser;
beforeAll(async () => {
  browser = await launch();
  server = await serve();
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

/** Violations that keep somebody from using the page, as lines. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source); // not a script of the page: its policy stays as strict as it is
  const { violations: found } = await page.evaluate(() =>
    (globalThis as unknown as { axe: typeof axe }).axe.run(),
  );
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
}

test.each(['light', 'dark', 'contrast'] as const)('%s', { timeout: 120_000 }, async theme => {
  const { page } = await openPage(browser, server.url, { theme, height: 1000 });
  await page.getByTestId('tvq-row').first().waitFor();
  await page.getByText('Recipe', { exact: true }).click();
  await page.getByRole('button', { name: 'Export bytes' }).click();
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await page.getByTestId('tvq-row').first().click();
  await page.getByRole('button', { name: 'Show map as table' }).click();
  expect(await violations(page)).toEqual([]);
  await page.getByRole('tab', { name: 'Compare tasks' }).click();
  await page.getByRole('button', { name: 'Compare all tensors' }).click();
  await page.getByRole('img', { name: 'The cosine of 8 tasks' }).waitFor();
  await page.getByRole('button', { name: 'Verify' }).click();
  expect(await violations(page)).toEqual([]);
  await page.context().close();
});
