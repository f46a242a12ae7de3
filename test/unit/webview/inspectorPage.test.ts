/** The built page in Chromium, under the host's content security policy, with a mock host behind it. */
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { launch, openPage, type OpenedPage, type PageOptions } from './harness/browser.ts';
import { serve } from './harness/serve.mjs';
import type { ThemeName } from './harness/themes.ts';
import './harness/window.ts';

const SCREENSHOTS = fileURLToPath(new URL('../../e2e/screenshots/', import.meta.url));
const TIMEOUT = 60_000;

/** Far fewer than the rows there are, and enough for two screens. */
const MOST_ROWS = 100;

let server: Awaited<ReturnType<typeof serve>>;
let browser: Browser;
let opened: OpenedPage | undefined;

beforeAll(async () => {
  browser = await launch();
  server = await serve();
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

/** Opens a page; whatever goes wrong in it fails the test. */
async function open(options: PageOptions = {}): Promise<Page> {
  opened = await openPage(browser, server.url, options);
  return opened.page;
}

async function openTable(options: PageOptions = {}): Promise<Page> {
  const page = await open(options);
  await page.getByTestId('tvq-row').first().waitFor();
  return page;
}

const grid = (page: Page) => page.getByRole('grid');
const text = (page: Page, testid: string) => page.getByTestId(testid).textContent();
/** The cell that assistive technology is told of. */
const activeCell = (page: Page) =>
  grid(page).evaluate(element => {
    const cell = document.getElementById(element.getAttribute('aria-activedescendant') ?? '');
    const row = Number(cell?.closest('[role=row]')?.getAttribute('aria-rowindex')) - 2;
    return { row, column: Number(cell?.getAttribute('aria-colindex')) - 1 };
  });

describe('what is shown', () => {
  const looks = (['light', 'dark', 'contrast'] as const satisfies ThemeName[]).flatMap(theme =>
    [1200, 420].map(width => ({ theme, width })),
  );

  test.each(looks)('$theme, $width px', { timeout: TIMEOUT }, async ({ theme, width }) => {
    const page = await openTable({ theme, width });
    expect(await text(page, 'tvq-size')).toBe('735 MB');
    expect(await text(page, 'tvq-share')).toBe('7.6 % of FP32');
    expect(await text(page, 'tvq-bpw')).toBe('2.42 bpw');
    expect(await text(page, 'tvq-scheme')).toBe('RTVQ B3O2');
    expect(await text(page, 'tvq-tasks')).toBe('8 tasks');
    expect(await text(page, 'tvq-base')).toBe('openai/clip-vit-large-patch14');
    expect(await text(page, 'tvq-rows')).toBe('5,000');
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(
      0,
    );
    await page.screenshot({ path: `${SCREENSHOTS}page-${theme}-${width}.png`, fullPage: width < 700 });
  });

  test('nothing of the file becomes markup', { timeout: TIMEOUT }, async () => {
    const page = await openTable({ scenario: 'hostile' });
    expect(await page.locator('#app img, #app script').count()).toBe(0);
    expect(await text(page, 'tvq-base')).toContain('</script><img');
  });

  test('the chart follows the theme, and is a table on demand', { timeout: TIMEOUT }, async () => {
    const page = await openTable({ theme: 'dark' });
    const picture = () => page.locator('canvas').evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
    const dark = await picture();
    await page.evaluate(() => harness.setTheme('light'));
    await expect.poll(picture).not.toBe(dark);
    await page.getByRole('button', { name: 'Show as table' }).click();
    await page.getByRole('table', { name: 'Bytes by group' }).getByText('478 MB').waitFor();
    expect(await page.getByRole('img', { name: 'Bytes by tensor group' }).count()).toBe(0);
  });
});

describe('the table', () => {
  test.each([5_000, 100_000, 400_000])('keeps few of %d rows', { timeout: TIMEOUT }, async rows => {
    const page = await openTable({ rows });
    for (const part of [0.1, 0.35, 0.36, 0.8, 1]) {
      await grid(page).evaluate((element, to) => (element.scrollTop = to * element.scrollHeight), part);
      await page.waitForTimeout(30);
      expect(await page.getByTestId('tvq-row').count()).toBeLessThan(MOST_ROWS);
    }
    const last = page.locator(`[data-testid=tvq-row][aria-rowindex="${rows + 1}"]`);
    await expect.poll(() => last.getAttribute('aria-busy')).toBeNull();
    const table = (await grid(page).boundingBox())!;
    const row = (await last.boundingBox())!;
    expect(row.y + row.height).toBeCloseTo(table.y + table.height, 0);
    // Five leaps over the whole table, and no page between was asked for.
    expect(await page.evaluate(() => harness.host.asked.length)).toBeLessThan(16);
  });

  test('is walked through with the keyboard', { timeout: TIMEOUT }, async () => {
    const page = await openTable();
    await grid(page).focus();
    const press = async (key: string) => {
      await page.keyboard.press(key);
      return activeCell(page);
    };
    expect(await press('ArrowDown')).toEqual({ row: 1, column: 0 });
    expect(await press('ArrowRight')).toEqual({ row: 1, column: 1 });
    const { row } = await press('PageDown');
    expect(row).toBeGreaterThan(10);
    expect(await press('PageUp')).toEqual({ row: 1, column: 1 });
    expect(await press('End')).toEqual({ row: 4999, column: 1 });
    expect(await press('ArrowUp')).toEqual({ row: 4998, column: 1 });
    expect(await press('Home')).toEqual({ row: 0, column: 1 });
    expect(await grid(page).getAttribute('aria-rowcount')).toBe('5001');
  });

  test('shows a cut name in full where it is active', { timeout: TIMEOUT }, async () => {
    const page = await openTable({ width: 420 });
    await grid(page).focus();
    await page.keyboard.press('End');
    const tip = page.getByRole('tooltip');
    await tip.waitFor();
    const name = /^model\.visual\.transformer\.resblocks\.\d+\.\S+$/;
    expect(await tip.textContent()).toMatch(name);
    const cell = page.locator('.grid-row.active [data-column=tensor]');
    expect(await cell.innerText()).toMatch(name);
    await page.keyboard.press('Escape');
    expect(await tip.isVisible()).toBe(false);
  });

  test('sorts by a column, and back', { timeout: TIMEOUT }, async () => {
    const page = await openTable();
    const header = grid(page).getByRole('columnheader', { name: 'bytes' });
    await header.getByRole('button').click();
    const first = page.getByTestId('tvq-row').first();
    await expect.poll(() => first.textContent()).toContain('1.57 MB');
    expect(await header.getAttribute('aria-sort')).toBe('descending');
    await header.getByRole('button').click();
    await expect.poll(() => first.textContent()).toContain('0 B');
    expect(await header.getAttribute('aria-sort')).toBe('ascending');
  });

  test('is searched, emptied, and exported as it is seen', { timeout: TIMEOUT }, async () => {
    const page = await openTable();
    const field = page.getByTestId('tvq-search').locator('input');
    await field.fill('mlp.c_fc.weight cars');
    await expect.poll(() => text(page, 'tvq-rows')).toBe('46');
    await page.getByRole('button', { name: 'Export CSV' }).click();
    await expect
      .poll(() => page.evaluate(() => harness.host.exported))
      .toMatchObject([{ search: 'mlp.c_fc.weight cars', sort: 'tensor', descending: false, first: 0 }]);
    await field.fill('nothing like it');
    await page.getByText('No tensor matches “nothing like it”').waitFor();
    expect(await page.getByTestId('tvq-row').first().isVisible()).toBe(false);
    await page.getByRole('button', { name: 'Clear search' }).click();
    await expect.poll(() => text(page, 'tvq-rows')).toBe('5,000');
    await page.getByRole('button', { name: 'svhn' }).click();
    await expect.poll(() => page.getByTestId('tvq-row').first().textContent()).toContain('svhn');
  });
});

describe('what goes wrong', () => {
  test('a refused file says why, and is asked for again', { timeout: TIMEOUT }, async () => {
    const page = await open({ scenario: 'refused' });
    await page.getByTestId('tvq-error').waitFor();
    expect(await text(page, 'tvq-error')).toContain('It was probably cut off while being copied.');
    await page.screenshot({ path: `${SCREENSHOTS}page-error.png` });
    await page.getByRole('button', { name: 'Retry' }).click();
    await page.getByTestId('tvq-row').first().waitFor();
  });

  test('rows that fail leave the rest standing', { timeout: TIMEOUT }, async () => {
    const page = await openTable({ scenario: 'flaky' });
    await grid(page).focus();
    await page.keyboard.press('End');
    await page.getByText('Some rows could not be read. The file is being replaced.').waitFor();
    await page.getByRole('button', { name: 'Retry' }).click();
    await expect.poll(() => page.getByTestId('tvq-row').last().getAttribute('aria-busy')).toBeNull();
  });

  test('a file that takes long shows an outline', { timeout: TIMEOUT }, async () => {
    const page = await open({ scenario: 'silent' });
    await page.getByRole('status').getByText('Reading the header of the file').waitFor();
  });
});

describe('what stays', () => {
  test('search, order and position survive a reload', { timeout: TIMEOUT }, async () => {
    const page = await openTable();
    await page.getByTestId('tvq-search').locator('input').fill('attn');
    await grid(page).getByRole('columnheader', { name: 'bytes' }).getByRole('button').click();
    await expect.poll(() => text(page, 'tvq-rows')).not.toBe('5,000');
    const matches = await text(page, 'tvq-rows');
    await grid(page).evaluate(element => (element.scrollTop = 10_000));
    await page.waitForTimeout(400);
    await page.reload();
    await page.getByTestId('tvq-row').first().waitFor();
    expect(await text(page, 'tvq-rows')).toBe(matches);
    expect(await grid(page).evaluate(element => element.scrollTop)).toBe(10_000);
    expect(await grid(page).getByRole('columnheader', { name: 'bytes' }).getAttribute('aria-sort')).toBe(
      'descending',
    );
  });

  test('a changed file is read again where one stands', { timeout: TIMEOUT }, async () => {
    const page = await openTable();
    await grid(page).evaluate(element => (element.scrollTop = 5_000));
    await page.waitForTimeout(100);
    const before = await page.evaluate(() => harness.host.asked.length);
    await page.evaluate(() => harness.reload());
    await expect.poll(() => page.evaluate(() => harness.host.asked.length)).toBeGreaterThan(before);
    await page.waitForTimeout(100);
    expect(await grid(page).evaluate(element => element.scrollTop)).toBe(5_000);
  });

  test('every control is reached by Tab', { timeout: TIMEOUT }, async () => {
    const page = await openTable();
    const reached = new Set<string>();
    for (let stop = 0; stop < 24; stop++) {
      await page.keyboard.press('Tab');
      const name = await page.evaluate(() => {
        const focused = document.activeElement;
        return focused?.getAttribute('aria-label') ?? focused?.textContent.trim() ?? '';
      });
      reached.add(name);
    }
    const expected = [
      'Show as table',
      'cars',
      'shared base',
      'Search tensors and tasks',
      'Export CSV',
      'Tensors',
    ];
    expect([...reached]).toEqual(expect.arrayContaining([...expected, 'tensor', 'relative error']));
  });
});
