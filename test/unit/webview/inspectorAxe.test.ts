/** The inspector under axe-core: nothing serious in any of its panes, in any theme. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { violations } from './harness/accessibility.ts';
import { launch, openPage } from './harness/browser.ts';
import { serve } from './harness/serve.mjs';

let server: Awaited<ReturnType<typeof serve>>;
let browser: Browser;
beforeAll(async () => {
  browser = await launch();
  server = await serve();
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

test.each(['light', 'dark', 'contrast'] as const)('%s', async theme => {
  const { page } = await openPage(browser, server.url, { theme, height: 1000 });
  await page.getByTestId('tvq-row').first().waitFor();
  await page.getByText('Recipe', { exact: true }).click();
  await page.getByRole('button', { name: 'Export: Bytes' }).click();
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await page.getByTestId('tvq-row').first().click();
  await page.getByRole('button', { name: 'Show as a table: Map' }).click();
  expect(await violations(page)).toEqual([]);
  await page.getByRole('tab', { name: 'Compare tasks' }).click();
  await page.getByRole('button', { name: 'Compare all tensors' }).click();
  await page.getByRole('img', { name: 'The cosine of 8 tasks' }).waitFor();
  await page.getByRole('button', { name: 'Verify' }).click();
  expect(await violations(page)).toEqual([]);
  await page.context().close();
});
