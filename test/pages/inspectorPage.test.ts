/** The built page in Chromium, under the host's content security policy, with a mock host behind it. */
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { controls, tabStops } from './harness/accessibility.ts';
import type { PageOptions } from './harness/browser.ts';
import type { ThemeName } from './harness/themes.ts';
import { usePage } from './harness/usePage.ts';
import './harness/window.ts';

const SCREENSHOTS = fileURLToPath(new URL('../e2e/screenshots/', import.meta.url));
/** Far fewer than all rows, but enough for two screens. */
const MOST_ROWS = 100;

beforeAll(() => mkdir(SCREENSHOTS, { recursive: true }));

const open = usePage('inspector');

let page: Page;

async function openTable(options: PageOptions = {}): Promise<void> {
  page = await open(options);
  await page.getByTestId('tvq-row').first().waitFor();
}

const grid = () => page.getByRole('grid');
const chooseFirst = () => page.getByTestId('tvq-row').first().click();
const text = (testid: string) => page.getByTestId(testid).textContent();
/** The cell that is active for assistive technology. */
const activeCell = () =>
  grid().evaluate(element => {
    const cell = document.getElementById(element.getAttribute('aria-activedescendant') ?? '');
    const row = Number(cell?.closest('[role=row]')?.getAttribute('aria-rowindex')) - 2;
    return { row, column: Number(cell?.getAttribute('aria-colindex')) - 1 };
  });

const THEMES = ['dark', 'light', 'contrast'] as const satisfies ThemeName[];

/** Takes a picture in every theme, and leaves the page dark. */
async function pictures(name: string): Promise<void> {
  for (const theme of THEMES) {
    await page.evaluate(next => setTheme(next), theme);
    await page.screenshot({ path: `${SCREENSHOTS}${name}-${theme}.png` });
  }
  await page.evaluate(() => setTheme('dark'));
}

describe('what is shown', () => {
  beforeAll(() => openTable());

  test('the chart follows the theme, and is a table on demand', async () => {
    const picture = () =>
      page.locator('.overview canvas').evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
    const dark = await picture();
    await page.evaluate(() => setTheme('light'));
    await expect.poll(picture).not.toBe(dark);
    await page.getByRole('button', { name: 'Show as a table: Bytes' }).click();
    await page.getByRole('table', { name: 'Bytes' }).getByText('478 MB').waitFor();
    expect(await page.getByRole('img', { name: 'Bytes by kind' }).count()).toBe(0);
  });

  test('the file, in no more than fits, in any theme and width', async () => {
    expect(await text('tvq-size')).toBe('735 MB');
    expect(await text('tvq-share')).toBe('7.6 % of FP32');
    expect(await text('tvq-bpw')).toBe('2.42 bpw');
    expect(await text('tvq-scheme')).toBe('RTVQ B3O2');
    expect(await text('tvq-tasks')).toBe('8 tasks');
    expect(await text('tvq-base')).toBe('openai/clip-vit-large-patch14');
    expect(await text('tvq-rows')).toBe('5,000 rows');
    for (const width of [420, 1200]) {
      await page.setViewportSize({ width, height: 800 });
      for (const theme of THEMES) {
        await page.evaluate(name => setTheme(name), theme);
        const wider = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        await expect.poll(wider).toBeLessThanOrEqual(0);
        const path = `${SCREENSHOTS}page-${theme}-${width}.png`;
        if (width > 420 || theme === 'contrast') await page.screenshot({ path, fullPage: width < 700 });
      }
    }
  });
});

const saved = () => page.evaluate(() => harness.host.saved);
const save = async (chart: string, item: string) => {
  await page.getByRole('button', { name: `Export: ${chart}` }).click();
  await page.getByRole('menuitem', { name: item }).click();
};

describe('names that are markup', () => {
  beforeAll(() => openTable({ scenario: 'hostile' }));

  test('are text on the page', async () => {
    expect(await page.locator('#app img, #app script').count()).toBe(0);
    expect(await text('tvq-base')).toContain('</script><img');
    expect(await page.locator('.tasks .verdict').textContent()).toMatch(
      /^later <\/script>.* needs a later version of this extension: codec /,
    );
  });

  test('are text in a drawing', async () => {
    await page.getByRole('tab', { name: 'Compare tasks' }).click();
    await page.getByRole('button', { name: 'Compare all tensors' }).click();
    await save('tasks', 'Save as SVG');
    await expect.poll(() => saved()).toHaveLength(1);
    const [svg] = await saved();
    expect(svg!.data).not.toContain('<img');
    expect(svg!.data).toContain('&lt;img');
    expect(await page.locator('#app img, #app script').count()).toBe(0);
  });
});

test.each([5_000, 400_000])('the table keeps few of %d rows', async rows => {
  await openTable({ rows });
  for (const part of [0.1, 0.35, 0.36, 0.8, 1]) {
    await grid().evaluate((element, to) => (element.scrollTop = to * element.scrollHeight), part);
    await page.waitForTimeout(30);
    expect(await page.getByTestId('tvq-row').count()).toBeLessThan(MOST_ROWS);
  }
  const last = page.locator(`[data-testid=tvq-row][aria-rowindex="${rows + 1}"]`);
  await expect.poll(() => last.getAttribute('aria-busy')).toBeNull();
  const table = (await grid().boundingBox())!;
  const row = (await last.boundingBox())!;
  expect(row.y + row.height).toBeCloseTo(table.y + table.height, 0);
  // Five jumps over the whole table requested no pages in between.
  expect(await page.evaluate(() => harness.host.asked.length)).toBeLessThan(16);
});

describe('the table', () => {
  beforeAll(() => openTable());

  test('is walked through with the keyboard', async () => {
    await grid().focus();
    const press = async (key: string, cell: object) => {
      await page.keyboard.press(key);
      await expect.poll(() => activeCell()).toEqual(cell);
    };
    await press('ArrowDown', { row: 1, column: 0 });
    await press('ArrowRight', { row: 1, column: 1 });
    await page.keyboard.press('PageDown');
    await expect.poll(async () => (await activeCell()).row).toBeGreaterThan(10);
    await press('PageUp', { row: 1, column: 1 });
    await press('End', { row: 4999, column: 1 });
    await press('ArrowUp', { row: 4998, column: 1 });
    await press('Home', { row: 0, column: 1 });
    expect(await grid().getAttribute('aria-rowcount')).toBe('5001');
  });

  test('is searched, emptied, and exported as it is seen', async () => {
    const field = page.getByTestId('tvq-search').locator('input');
    await field.fill('mlp.c_fc.weight cars');
    await expect.poll(() => text('tvq-rows')).toBe('46 of 5,000 rows');
    await page.getByRole('button', { name: 'Export CSV' }).click();
    await expect
      .poll(() => page.evaluate(() => harness.host.exported))
      .toMatchObject([{ search: 'mlp.c_fc.weight cars', sort: 'tensor', descending: false, first: 0 }]);
    await field.fill('nothing like it');
    await page.getByText('No tensor matches “nothing like it”').waitFor();
    expect(await page.getByTestId('tvq-row').first().isVisible()).toBe(false);
    await page.getByRole('button', { name: 'Clear search' }).click();
    await expect.poll(() => text('tvq-rows')).toBe('5,000 rows');
    await page.getByRole('button', { name: 'svhn' }).click();
    await expect.poll(() => page.getByTestId('tvq-row').first().textContent()).toContain('svhn');
  });

  test('sorts by a column, and back', async () => {
    await page.getByTestId('tvq-search').locator('input').fill('');
    await expect.poll(() => text('tvq-rows')).toBe('5,000 rows');
    const header = grid().getByRole('columnheader', { name: 'bytes' });
    await header.getByRole('button').click();
    const first = page.getByTestId('tvq-row').first();
    await expect.poll(() => first.textContent()).toContain('1.57 MB');
    expect(await header.getAttribute('aria-sort')).toBe('descending');
    await header.getByRole('button').click();
    await expect.poll(() => first.textContent()).toContain('0 B');
    expect(await header.getAttribute('aria-sort')).toBe('ascending');
  });

  test('shows a cut name in full where it is active', async () => {
    await page.setViewportSize({ width: 420, height: 800 });
    await grid().focus();
    await page.keyboard.press('End');
    const tip = page.getByRole('tooltip');
    await tip.waitFor();
    const name = /^model\.visual\.transformer\.resblocks\.\d+\.\S+$/;
    expect(await tip.textContent()).toMatch(name);
    const cell = page.locator('.grid-row.active [data-column=tensor]');
    expect(await cell.innerText()).toMatch(name);
    await page.keyboard.press('Escape');
    await tip.waitFor({ state: 'hidden' });
  });
});

describe('what goes wrong', () => {
  test('a refused file says why, and is asked for again', async () => {
    page = await open({ scenario: 'refused' });
    await page.getByTestId('tvq-error').waitFor();
    expect(await text('tvq-error')).toContain('It was probably cut off while being copied.');
    await page.screenshot({ path: `${SCREENSHOTS}page-error.png` });
    await page.getByRole('button', { name: 'Retry' }).click();
    await page.getByTestId('tvq-row').first().waitFor();
  });

  test('rows that fail leave the rest standing', async () => {
    await openTable({ scenario: 'flaky' });
    await grid().focus();
    await page.keyboard.press('End');
    await page.getByText('Some rows could not be read. The file is being replaced.').waitFor();
    await page.getByRole('button', { name: 'Retry' }).click();
    await expect.poll(() => page.getByTestId('tvq-row').last().getAttribute('aria-busy')).toBeNull();
  });

  test('a file that takes long shows an outline', async () => {
    page = await open({ scenario: 'silent' });
    await page.getByRole('status').getByText('Reading the header of the file').waitFor();
  });
});

describe('what stays', () => {
  beforeAll(() => openTable());

  test('a changed file is read again where one stands', async () => {
    await grid().evaluate(element => (element.scrollTop = 5_000));
    await page.waitForTimeout(100);
    const before = await page.evaluate(() => harness.host.asked.length);
    await page.evaluate(() => harness.reload());
    await expect.poll(() => page.evaluate(() => harness.host.asked.length)).toBeGreaterThan(before);
    await page.waitForTimeout(100);
    expect(await grid().evaluate(element => element.scrollTop)).toBe(5_000);
  });

  test('what was verified and compared is there after a reload', async () => {
    await page.getByRole('button', { name: 'Verify' }).click();
    await page.getByText('Intact: 2,369 checksums match.').waitFor();
    await page.evaluate(() => harness.reload());
    await page.getByText('Intact: 2,369 checksums match.').waitFor();
  });

  test('search, order and position survive a reload', async () => {
    await page.getByTestId('tvq-search').locator('input').fill('attn');
    await grid().getByRole('columnheader', { name: 'bytes' }).getByRole('button').click();
    await expect.poll(() => text('tvq-rows')).not.toBe('5,000 rows');
    const matches = await text('tvq-rows');
    await grid().evaluate(element => (element.scrollTop = 10_000));
    await page.waitForTimeout(400);
    await page.reload();
    await page.getByTestId('tvq-row').first().waitFor();
    expect(await text('tvq-rows')).toBe(matches);
    expect(await grid().evaluate(element => element.scrollTop)).toBe(10_000);
    expect(await grid().getByRole('columnheader', { name: 'bytes' }).getAttribute('aria-sort')).toBe(
      'descending',
    );
  });

  test('tab, tensor, switches and tables survive a reload', async () => {
    await page.getByLabel('How bytes are grouped').selectOption('layer');
    await chooseFirst();
    await page.getByLabel('What the map shows').selectOption('max');
    await page.getByRole('button', { name: 'Show as a table: Codes' }).click();
    await page.waitForTimeout(400);
    await page.reload();
    await page.getByRole('img', { name: /^The largest magnitude/ }).waitFor();
    await page.getByRole('table', { name: 'Codes' }).waitFor();
    await page.getByRole('tab', { name: 'Overview' }).click();
    await page.getByRole('img', { name: /^Bytes by layer/ }).waitFor();
  });
});

describe('a chosen tensor', () => {
  beforeAll(() => openTable({ height: 1100 }));

  test('is drawn in any theme', async () => {
    await grid().focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('img', { name: /^Codes 0 to 15/ }).waitFor();
    await page.getByRole('img', { name: /^Values from/ }).waitFor();
    await page.getByRole('img', { name: /^The mean magnitude/ }).waitFor();
    expect(await text('tvq-detail')).toContain('zero point');
    // The focus stays in the table, so that the keyboard can move on.
    expect(await grid().evaluate(element => element === document.activeElement)).toBe(true);
    await pictures('detail');
  });

  test('has charts that say what is pointed at', async () => {
    await page.getByRole('img', { name: /^Codes 0 to 15/ }).hover();
    await page.getByText(/^code \d+: [\d,]+ \(/).waitFor();
  });

  test('is seen where panes are stacked', async () => {
    await openTable({ width: 420 });
    await page.getByTestId('tvq-row').first().click();
    const head = page.getByTestId('tvq-detail').getByRole('heading').first();
    // The pane is updated once the tensor has been read.
    const y = async () => (await head.boundingBox())?.y ?? -1;
    await expect.poll(y).toBeGreaterThanOrEqual(0);
    expect(await y()).toBeLessThan(800);
    await page.screenshot({ path: `${SCREENSHOTS}detail-420.png` });
  });

  test('says what is damaged', async () => {
    await openTable({ scenario: 'damaged' });
    await chooseFirst();
    await page.getByRole('alert').getByText('"cars" is damaged').waitFor();
    await page.getByRole('button', { name: 'Verify' }).click();
    await page.getByText('Damaged: 2 parts.').waitFor();
    await page.screenshot({ path: `${SCREENSHOTS}damaged.png` });
  });
});

describe('long work', () => {
  beforeAll(() => openTable({ scenario: 'endless' }));

  test('shows how far it is, and is cancelled: tasks compared', async () => {
    await page.getByRole('tab', { name: 'Compare tasks' }).click();
    await page.getByRole('button', { name: 'Compare all tensors' }).click();
    const bar = page.getByRole('progressbar', { name: 'Comparing the task vectors' });
    await expect.poll(() => bar.evaluate((element: HTMLProgressElement) => element.value)).toBe(0.75);
    await page.getByRole('button', { name: 'Cancel' }).filter({ visible: true }).click();
    await page.getByText('Comparing was cancelled.').waitFor();
  });

  test('is cancelled, and done after all: a tensor read', async () => {
    await page.getByTestId('tvq-row').first().click();
    await page.getByRole('progressbar', { name: 'Reading the tensor' }).waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Read it' }).click();
    await page.getByRole('progressbar', { name: 'Reading the tensor' }).waitFor();
  });
});

describe('tasks compared', () => {
  beforeAll(() => openTable({ height: 1000 }));

  test('two by two', async () => {
    await page.getByRole('tab', { name: 'Compare tasks' }).click();
    await page.getByRole('button', { name: 'Compare 16 tensors' }).click();
    await page.getByLabel('Second task').selectOption('svhn');
    await expect.poll(() => text('tvq-compare')).toContain('norm of svhn');
    await page.getByLabel('What the matrix shows').selectOption('agreement');
    await page.getByRole('img', { name: 'The sign agreement of 8 tasks' }).waitFor();
  });

  test('as a matrix', async () => {
    await page.getByLabel('What the matrix shows').selectOption('cosines');
    await page.getByRole('button', { name: 'Compare all tensors' }).click();
    await page.getByRole('img', { name: 'The cosine of 8 tasks' }).waitFor();
    await expect.poll(() => text('tvq-compare')).toContain('All 99 quantized tensors');
    await pictures('compare');
    await page.getByRole('button', { name: 'Show as a table: Tasks' }).click();
    await page.getByRole('table', { name: 'Tasks' }).getByText('svhn').first().waitFor();
  });
});

describe('what can be taken away', () => {
  beforeAll(() => openTable());

  test('pictures, drawings and tables', async () => {
    await save('bytes', 'Save as PNG');
    await expect.poll(() => saved()).toHaveLength(1);
    await chooseFirst();
    await page.getByRole('img', { name: /^Codes 0 to 15/ }).waitFor();
    await save('codes', 'Save as SVG');
    await save('map', 'Save table as CSV');
    await expect.poll(() => saved()).toHaveLength(3);
    const [png, svg, csv] = await saved();
    expect(png).toMatchObject({ name: 'bytes.png', kind: 'png' });
    expect(Buffer.from(png!.data, 'base64').subarray(1, 4).toString()).toBe('PNG');
    expect(svg!.data).toMatch(/^<svg xmlns[^]*<title>Codes 0 to 15[^]*<\/svg>\n$/);
    expect(csv!.data.split('\r\n')).toHaveLength(66);
  });

  test('by keyboard', async () => {
    await page.getByRole('tab', { name: 'Overview' }).click();
    const button = page.getByRole('button', { name: 'Export: Bytes' });
    await button.press('Enter');
    await page.getByRole('menu', { name: 'Export: Bytes' }).waitFor();
    const item = () => page.evaluate(() => document.activeElement?.textContent);
    await expect.poll(item).toBe('Save as PNG');
    await page.keyboard.press('End');
    await expect.poll(item).toBe('Copy table as CSV');
    await page.keyboard.press('ArrowUp');
    await expect.poll(item).toBe('Save table as CSV');
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByRole('menu').count()).toBe(0);
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.getAttribute('aria-label')))
      .toBe('Export: Bytes');
  });

  test('the Studio takes the file', async () => {
    await page.getByRole('button', { name: 'Re-quantize with another budget' }).click();
    await expect.poll(() => page.evaluate(() => harness.host.studioOpened)).toBe(1);
  });
});

describe('by keyboard alone', () => {
  beforeAll(() => openTable());

  test.each(['overview', 'tensor', 'tasks'])('every control of “%s” is reached by Tab', async tab => {
    if (tab === 'tensor') {
      await chooseFirst();
      await page.getByRole('button', { name: 'Export: Map' }).waitFor();
    }
    if (tab === 'tasks') {
      await page.getByRole('tab', { name: 'Compare tasks' }).click();
      await page.getByRole('button', { name: 'Compare all tensors' }).click();
      await page.getByRole('button', { name: 'Export: Tasks' }).waitFor();
    }
    const expected = await controls(page);
    expect(expected.length).toBeGreaterThan(12);
    expect(expected.every(name => name !== '')).toBe(true);
    expect((await tabStops(page)).sort()).toEqual(expected.sort());
  });

  test('tabs are walked through with the arrow keys', async () => {
    await page.getByRole('tab', { name: 'Overview' }).focus();
    const chosen = () => page.getByRole('tab', { selected: true }).textContent();
    await page.keyboard.press('ArrowRight');
    expect(await chosen()).toBe('Tensor');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    expect(await chosen()).toBe('Compare tasks');
    await page.keyboard.press('Home');
    expect(await chosen()).toBe('Overview');
    expect(await page.getByRole('tabpanel').count()).toBe(1);
  });
});
