/** The Studio's page in Chromium, under the host's content security policy, with a mock host behind it. */
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import type { MockStudioHost, StudioScenario } from './harness/mockStudioHost.ts';
import type { ThemeName } from './harness/themes.ts';
import { usePage } from './harness/usePage.ts';

declare global {
  var studio: { readonly host: MockStudioHost };
}

const SCREENSHOTS = fileURLToPath(new URL('../e2e/screenshots/', import.meta.url));
/** Of the model that is shown if no other is asked for, beside the two tensors at its ends. */
const LAYERS = 6;
const ROLES = 7;

interface Options {
  readonly theme?: ThemeName;
  readonly scenario?: StudioScenario;
  readonly width?: number;
  readonly tensors?: number;
  readonly tasks?: number;
  readonly flat?: boolean;
}

let page: Page;
const openPage = usePage('studio');

beforeAll(() => mkdir(SCREENSHOTS, { recursive: true }));

async function visit(options: Options = {}): Promise<void> {
  const { tensors = 2 + LAYERS * ROLES, tasks = 8, flat = false, ...others } = options;
  const query = `&tensors=${tensors}&tasks=${tasks}${flat ? '&flat' : ''}`;
  page = await openPage({ height: 900, ...others, query });
}

async function open(options: Options = {}): Promise<void> {
  await visit(options);
  await page.getByTestId('tvq-row').first().waitFor();
}

const text = async (id: string) => (await page.getByTestId(id).innerText()).replace(/\s+/g, ' ').trim();
const dot = () => page.getByRole('slider', { name: 'Budget' });
const size = async () => Number(await dot().getAttribute('aria-valuenow'));

describe('what is shown', () => {
  const themes = ['dark', 'light', 'contrast'] as const satisfies ThemeName[];

  test('has no more than fits, in any theme and width', async () => {
    await open({ tensors: 226 });
    expect(await text('tvq-bits')).toBe('1.50 bpw');
    for (const tab of ['bits', 'sensitivity'] as const) {
      if (tab === 'sensitivity') await page.getByRole('tab', { name: 'Sensitivity' }).click();
      await page.getByRole('grid', { name: tab === 'bits' ? /^Bits by layer/ : /^Sensitivity/ }).waitFor();
      for (const width of [1200, 420]) {
        await page.setViewportSize({ width, height: 900 });
        for (const theme of themes) {
          await page.evaluate(name => setTheme(name), theme);
          const wider = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          await expect.poll(wider).toBeLessThanOrEqual(0);
          if (width > 420 || theme === 'contrast')
            await page.screenshot({ path: `${SCREENSHOTS}studio-${tab}-${theme}-${width}.png` });
        }
      }
    }
  });
});

describe('before there is anything to show', () => {
  test('models are asked for, measured until cancelled, and refused with a way on', async () => {
    await visit({ scenario: 'empty' });
    await page.getByText('No models are chosen').waitFor();
    await page.screenshot({ path: `${SCREENSHOTS}studio-empty.png` });
    await page.getByText('Choose models…').click();
    await page.getByTestId('tvq-row').first().waitFor();
    const measureAgain = async (scenario: StudioScenario) => {
      await page.evaluate(next => studio.host.become(next), scenario);
      await page.evaluate(() => studio.host.onStale(['cars']));
      await page.getByRole('button', { name: 'Measure again' }).click();
    };
    await measureAgain('silent');
    await page.getByText('33 % · model.layers.0.mlp.up_proj.weight').waitFor();
    await page.screenshot({ path: `${SCREENSHOTS}studio-measuring.png` });
    await page.getByText('Cancel', { exact: true }).click();
    await page.getByText('Measuring was cancelled').waitFor();
    await page.getByText('Measure', { exact: true }).click();
    await page.getByTestId('tvq-row').first().waitFor();
    await measureAgain('refused');
    await expect.poll(() => page.getByTestId('tvq-error').innerText()).toContain('no tensor name in common');
    await page.getByText('Retry', { exact: true }).click();
    await page.getByTestId('tvq-row').first().waitFor();
  });

  test('nothing of a file becomes markup', async () => {
    await open({ scenario: 'hostile' });
    await page.getByRole('tab', { name: 'Sensitivity' }).click();
    expect(await page.locator('#app img, #app script').count()).toBe(0);
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toContain('</script><img');
  });

  test('models without layers have a table, and no grid', async () => {
    await open({ flat: true });
    expect(await page.getByRole('grid', { name: /^Bits by layer/ }).count()).toBe(0);
  });
});

describe('for a .tvq file', () => {
  beforeAll(() => open({ scenario: 'file' }));

  test('starts with what that was made with, and goes back to it', async () => {
    const shown = async () => [
      await page.getByTestId('tvq-budget').inputValue(),
      await page.getByLabel('How the budget weighs errors').inputValue(),
      await page.getByTestId('tvq-rule').count(),
    ];
    const start = ['3bpw', 'depth', 1];
    expect(await shown()).toEqual(start);
    await page.getByText(/^8 tasks of small\.tvq/).waitFor();
    await page.getByText('There is no setting for pruning.').waitFor();
    await dot().press('PageUp');
    await expect.poll(shown).not.toEqual(start);
    await page.getByRole('tabpanel', { name: 'Bits' }).getByText('Reset').click();
    await expect.poll(shown).toEqual(start);
  });

  test('keeps what was changed when it is made anew', async () => {
    await page.getByTestId('tvq-budget').fill('4bpw');
    await expect.poll(() => page.evaluate(() => sessionStorage.getItem('state'))).toContain('4bpw');
    await page.reload();
    await page.getByTestId('tvq-row').first().waitFor();
    expect(await page.getByTestId('tvq-budget').inputValue()).toBe('4bpw');
    expect(await page.getByText('There is no setting for pruning.').count()).toBe(0);
  });
});

describe('the budget', () => {
  beforeAll(() => open());

  test('one drag is one step back', async () => {
    const before = await size();
    for (let i = 0; i < 5; i++) await dot().press('ArrowRight');
    await expect.poll(size).toBeGreaterThan(before);
    await dot().press('Control+z');
    await expect.poll(size).toBe(before);
    await dot().press('Control+y');
    await expect.poll(size).toBeGreaterThan(before);
  });

  test('follows keys, the pointer and what is typed', async () => {
    const sizes = [await size()];
    const next = async (direction: 1 | -1) => {
      const before = sizes.at(-1) as number;
      await expect.poll(async () => Math.sign((await size()) - before)).toBe(direction);
      sizes.push(await size());
    };
    await dot().press('ArrowRight');
    await next(1);
    await dot().press('PageDown');
    await next(-1);
    await dot().press('End');
    await next(1);
    expect(Number(await dot().getAttribute('aria-valuemax')) / sizes.at(-1)!).toBeCloseTo(1, 2);
    await dot().press('Home');
    await next(-1);
    const box = (await dot().boundingBox())!;
    await page.mouse.move(box.x + 7, box.y + 7);
    await page.mouse.down();
    await page.mouse.move(box.x + 300, box.y, { steps: 5 });
    await page.mouse.up();
    await next(1);
    await page.getByTestId('tvq-budget').fill('3.5 bpw');
    await expect.poll(() => text('tvq-bits')).toBe('3.50 bpw');
    await page.getByTestId('tvq-budget').fill('much');
    await page.getByText('"much" is not a budget').waitFor();
    expect(await text('tvq-bits')).toBe('3.50 bpw');
    await page.getByLabel('Unit of the budget').selectOption('target error');
    await expect.poll(() => page.getByTestId('tvq-budget').inputValue()).toMatch(/^error=0\.0/);
  });

  test('quantizes what is shown, and shows what came out', async () => {
    await open();
    await page.getByTestId('tvq-pattern').fill('*.q_proj.*');
    await page.getByText('Set bits…').click();
    await page.getByRole('menuitemradio', { name: 'At least 3 bits' }).click();
    await page.getByTestId('tvq-rule').waitFor();
    await page.getByTestId('tvq-quantize').click();
    await page.getByTestId('tvq-measured-size').waitFor();
    const orders = await page.evaluate(() => studio.host.orders);
    expect(orders).toEqual([
      {
        budget: `${await size()}B`,
        sensitivity: 'relative',
        rules: [{ tensors: '*.q_proj.*', min: 3 }],
      },
    ]);
    expect(await text('tvq-measured-error')).toBe('0.100');
    await page.getByText('Open', { exact: true }).click();
    await page.getByText('Copy as command').click();
    await page.getByText('The command is on the clipboard').waitFor();
    expect(await page.evaluate(() => studio.host.commands)).toEqual(orders);
    expect(await page.evaluate(() => studio.host.opened)).toHaveLength(1);
  });
});

describe('models that changed', () => {
  test('are told, and what was measured of them is marked until it is measured again', async () => {
    await open();
    const again = page.getByRole('button', { name: 'Measure again' });
    const told = page.getByText('Changed since it was measured: task1, task2.');
    const marked = () => page.locator('.studio.stale').count();
    const tell = (names: string[]) => page.evaluate(changed => studio.host.onStale(changed), names);
    await tell(['task1', 'task2']);
    await told.waitFor();
    expect(await marked()).toBe(1);
    await page.screenshot({ path: `${SCREENSHOTS}studio-stale.png` });
    await again.click();
    await expect.poll(marked).toBe(0);
    expect(await told.isVisible()).toBe(false);
    await tell(['task1']);
    await again.waitFor();
    await tell([]);
    await again.waitFor({ state: 'hidden' });
    expect(await marked()).toBe(0);
  });
});

describe('pins', () => {
  const grid = () => page.getByRole('grid', { name: /^Bits by layer/ });
  const rules = async () =>
    (await page.getByTestId('tvq-rule').allInnerTexts()).map(rule => rule.split(/\s/)[0]);
  const pick = (name: string) => page.getByRole('menuitemradio', { name, exact: true }).click();

  beforeAll(() => open());

  test('a pattern that makes no sense is refused where it was typed', async () => {
    await page.getByTestId('tvq-pattern').fill('/(/');
    await page.getByText('Set bits…').click();
    await pick('2 bits');
    await page.getByText('/(/ is not a valid regular expression').waitFor();
    expect(await rules()).toEqual([]);
  });

  test('a row of the table, and the wish shows there', async () => {
    const table = page.getByRole('grid', { name: /^Tensors/ });
    await table.focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await pick('Exact');
    await expect.poll(rules).toEqual(['lm_head.weight']);
    await page.getByRole('gridcell', { name: 'exact' }).first().waitFor();
    expect(await table.evaluate(element => element === document.activeElement)).toBe(true);
    await page.getByRole('button', { name: 'Remove the rule' }).click();
    await expect.poll(rules).toEqual([]);
  });

  test('a cell, a row, a column and everything, by keyboard', async () => {
    await grid().focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menu').waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => grid().evaluate(element => element === document.activeElement)).toBe(true);
    await page.keyboard.press('Enter');
    await page.keyboard.press('E');
    await page.keyboard.press('Enter');
    await expect.poll(rules).toEqual(['model.layers.0.self_attn.q_proj.weight']);
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Enter');
    await pick('3 bits');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await pick('At least 2 bits');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await pick('1 bit');
    await expect
      .poll(rules)
      .toEqual([
        'model.layers.0.self_attn.q_proj.weight',
        'model.layers.*.self_attn.q_proj.weight',
        '*',
        'model.layers.0.*',
      ]);
    // A row, and the column of a layer, which cross.
    expect(await page.locator('.heat-cell.pinned').count()).toBe(LAYERS + ROLES - 1);
  });
});

describe('the page', () => {
  test('keeps few of 4,000 rows', async () => {
    await open({ tensors: 499 });
    const table = page.getByRole('grid', { name: /^Tensors/ });
    for (const part of [0.3, 1]) {
      await table.evaluate((element, to) => (element.scrollTop = to * element.scrollHeight), part);
      await page.waitForTimeout(50);
      expect(await page.getByTestId('tvq-row').count()).toBeLessThan(60);
    }
  });

  test('comes back as it was', async () => {
    const budget = () => page.getByTestId('tvq-budget').inputValue();
    await open();
    await page.getByTestId('tvq-budget').fill('5%');
    await page.getByTestId('tvq-search').locator('input').fill('mlp dtd');
    await page.getByRole('columnheader', { name: 'relative error' }).getByRole('button').click();
    await page.getByRole('tab', { name: 'Sensitivity' }).click();
    await page.waitForTimeout(300);
    await page.reload();
    await page.getByRole('tab', { name: 'Sensitivity', selected: true }).waitFor();
    await page.getByRole('tab', { name: 'Sensitivity' }).press('ArrowRight');
    await expect.poll(budget).toBe('5%');
    expect(await page.getByTestId('tvq-search').locator('input').inputValue()).toBe('mlp dtd');
    const sorted = page.getByRole('columnheader', { name: 'relative error' });
    expect(await sorted.getAttribute('aria-sort')).toBe('descending');
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(budget).toBe('codes=1.5bpw');
    await page.getByRole('button', { name: 'Redo' }).click();
    await expect.poll(budget).toBe('5%');
  });

  test('charts follow the theme', async () => {
    await open();
    const colour = () =>
      page
        .locator('.plot polyline')
        .last()
        .evaluate(line => getComputedStyle(line).stroke);
    const dark = await colour();
    await page.evaluate(() => setTheme('light'));
    await expect.poll(colour).not.toBe(dark);
    await page.evaluate(() => setTheme('contrast'));
    await expect.poll(() => page.locator('.plot pattern').count()).toBeGreaterThan(0);
  });

  test('draws the charts of a tab when it is shown', async () => {
    const norm = page.getByRole('img', { name: /^Norm by layer/, includeHidden: true });
    expect(await norm.count()).toBe(0);
    await page.getByRole('tab', { name: 'Merge' }).click();
    await norm.waitFor();
    expect(await norm.evaluate(canvas => canvas.clientWidth)).toBeGreaterThan(0);
    await page.getByRole('tab', { name: 'Bits' }).click();
  });

  test('charts are tables on demand, and are saved as files', async () => {
    await page.getByRole('button', { name: 'Show as a table: Bytes by layer' }).click();
    await page.getByRole('table', { name: 'Bytes by layer' }).getByText('attention').first().waitFor();
    const save = async (figure: string, what: string) => {
      await page.getByRole('button', { name: `Export: ${figure}` }).click();
      await page.getByRole('menuitem', { name: what }).click();
    };
    await save('Error by size', 'Save as SVG');
    await save('Error by size', 'Save as PNG');
    await save('Bytes by layer', 'Save table as CSV');
    await page.getByRole('button', { name: 'Export CSV' }).click();
    const saved = () => page.evaluate(() => studio.host.saved);
    await expect.poll(async () => (await saved()).length).toBe(4);
    const files = Object.fromEntries(
      (await saved()).map(({ name, kind, data }) => [
        name,
        kind === 'png' ? [...Buffer.from(data, 'base64').subarray(0, 4)] : data,
      ]),
    );
    expect(files['error-by-size.svg']).toMatch(/^<svg (xmlns|viewBox)/);
    expect(files['error-by-size.png']).toEqual([0x89, 0x50, 0x4e, 0x47]);
    expect(files['bytes-by-layer.csv']).toMatch(/^layer,kind,bytes/);
    expect(files['bits-by-tensor.csv']).toMatch(/^tensor,task,shape/);
  });

  test('grids are tables on demand, and are saved with their marks', async () => {
    await open();
    await page.getByTestId('tvq-pattern').fill('*.q_proj.*');
    await page.getByText('Set bits…').click();
    await page.getByRole('menuitemradio', { name: '3 bits', exact: true }).click();
    await page.getByTestId('tvq-rule').waitFor();
    const save = async (grid: string, what: string) => {
      await page.getByRole('button', { name: `Export: ${grid}` }).click();
      await page.getByRole('menuitem', { name: what }).click();
    };
    const ways = ['Save as SVG', 'Save as PNG', 'Save table as CSV'];
    for (const way of ways) await save('bits by layer', way);
    await page.getByRole('tab', { name: 'Sensitivity' }).click();
    for (const grid of ['sensitivity by layer', 'sensitivity by kind'])
      for (const way of ways) await save(grid, way);
    const saved = () => page.evaluate(() => studio.host.saved);
    await expect.poll(async () => (await saved()).length).toBe(9);
    const files = new Map((await saved()).map(({ name, data }) => [name, data]));
    expect([...files.keys()].sort()).toEqual(
      ['bits-by-layer', 'sensitivity-by-kind', 'sensitivity-by-layer'].flatMap(name =>
        ['csv', 'png', 'svg'].map(ending => `${name}.${ending}`),
      ),
    );
    const png = Buffer.from(files.get('bits-by-layer.png') ?? '', 'base64');
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    const svg = files.get('bits-by-layer.svg') ?? '';
    const cells = await page.locator('[data-testid=tvq-bits-grid] .heat-cell:not(.none)').count();
    const tips = svg.match(/(?<=<title>)[^<]*: [\d.]+ bits[^<]*/g) ?? [];
    expect(tips).toHaveLength(cells);
    expect(tips[0]).toMatch(/^self_attn\.q_proj, layer 0: [\d.]+ bits, pinned$/);
    expect(svg).toContain('◆ pinned');
    expect(files.get('sensitivity-by-layer.svg')).toContain('4 × the mean');
    const [head = '', ...rows] = (files.get('bits-by-layer.csv') ?? '').trim().split('\r\n');
    expect(head).toMatch(/^tensors,outside,0,1,2/);
    expect(rows.every(row => row.split(',').length === head.split(',').length)).toBe(true);
    expect(rows.find(row => row.startsWith('self_attn.q_proj'))).toMatch(
      /^self_attn\.q_proj,,([\d.]+ pinned,?)+$/,
    );
    await page.getByRole('button', { name: 'Show as a table: Sensitivity by layer' }).click();
    const table = page.getByRole('table', { name: 'Sensitivity by layer' });
    await table.getByRole('columnheader', { name: String(LAYERS - 1), exact: true }).waitFor();
    expect(await page.getByRole('grid', { name: /^Sensitivity/ }).isVisible()).toBe(false);
    await page.waitForTimeout(300);
    await page.reload();
    await table.waitFor();
  });
});

describe('what tasks share', () => {
  beforeAll(async () => {
    await open();
    await page.getByRole('tab', { name: 'Sensitivity' }).click();
  });

  test('cancelled, all tasks are shown again', async () => {
    await page.evaluate(() => studio.host.become('silent'));
    const task = page.getByRole('tabpanel', { name: 'Sensitivity' }).getByLabel('Task to show');
    await task.selectOption('shared base (RTVQ)');
    await page.getByRole('progressbar', { name: 'Measuring the shared base vector' }).waitFor();
    await page.getByRole('tabpanel', { name: 'Sensitivity' }).getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('of the whole model').waitFor();
    await expect.poll(() => task.inputValue()).toBe('');
  });

  test('the shared base vector is measured when it is asked for', async () => {
    const task = page.getByRole('tabpanel', { name: 'Sensitivity' }).getByLabel('Task to show');
    await task.selectOption('shared base (RTVQ)');
    await page.getByText(/^Of the mean task vector, which RTVQ stores once/).waitFor();
    await page.getByText('of the whole shared base vector').waitFor();
    expect(await page.getByRole('grid', { name: /^Sensitivity/ }).isVisible()).toBe(true);
    await task.selectOption('all tasks');
    await page.getByText('of the whole model').waitFor();
  });

  test('tasks are compared, pair by pair', async () => {
    await page.getByRole('button', { name: 'Compare all tensors' }).click();
    await page.getByText(/^All 99 floating-point tensors, 303,366,144 weights per task/).waitFor();
    await page.getByRole('img', { name: /^The cosine of 8 tasks/ }).waitFor();
    await page.getByRole('button', { name: 'Show as a table: Tasks' }).click();
    await expect.poll(() => page.getByRole('table', { name: 'Tasks' }).getByRole('row').count()).toBe(9);
    await page.screenshot({ path: `${SCREENSHOTS}studio-compared.png`, fullPage: true });
  });
});
