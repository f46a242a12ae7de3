/** The Studio in another language: all texts of its frame and tabs are translatable messages. */
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import type { TensorRule } from '../../extension/protocol/recipes.ts';
import type { StudioState } from '../../webview/studio/studioState.ts';
import { showTables } from './harness/charts.ts';
import type { StudioScenario } from './harness/mockStudioHost.ts';
import { untranslated } from './harness/texts.ts';
import { usePage } from './harness/usePage.ts';

let page: Page;
const openPage = usePage('studio');

async function visit(scenario: StudioScenario = 'ready', query = '&tensors=44'): Promise<void> {
  const options = { language: 'pseudo', height: 1400, scenario, query } as const;
  page = await openPage(options);
}

async function open(tab: 'Sensitivity' | 'Bits', scenario?: StudioScenario, query?: string): Promise<void> {
  await visit(scenario, query);
  await page.getByTestId('tvq-row').first().waitFor();
  await page.getByRole('tab', { name: tab }).click();
}

async function check(): Promise<void> {
  expect(await untranslated(page)).toEqual([]);
}

/** Makes the host fail, or stop answering, from now on. */
const become = (scenario: StudioScenario) => page.evaluate(next => studio.host.become(next), scenario);
const button = (name: string | RegExp) => page.getByRole('button', { name }).filter({ visible: true });
const text = (words: string | RegExp) => page.getByText(words).filter({ visible: true }).first();

async function checkTip(chart: string): Promise<void> {
  await page.getByRole('img', { name: chart }).hover({ position: { x: 120, y: 60 } });
  await page.locator('.tip:visible').waitFor();
  await check();
}

/** Shows every chart of the tab as a table, with its menu. */
async function checkCharts(count: number): Promise<void> {
  expect(await button('Show as a table').count()).toBe(count);
  for (let at = 0; at < count; at++) {
    await button('Export:').nth(at).click();
    await check();
    await page.keyboard.press('Escape');
  }
  await showTables(page);
  await check();
}

describe('the page', () => {
  test('of models that the host refuses, measuring, cancelled, and without models', async () => {
    await visit('refused');
    await page.getByTestId('tvq-error').waitFor();
    await check();
    await become('silent');
    await button('Retry').click();
    await text('33 %').waitFor();
    await check();
    await button('Cancel').click();
    await text('Measuring was cancelled').waitFor();
    await check();
    await become('empty');
    await button('⟦Measure⟧').click();
    await text('No models are chosen').waitFor();
    await check();
  });

  test('of models with nothing to choose', async () => {
    await visit('ready', '&tasks=0');
    await page.getByTestId('tvq-error').waitFor();
    await check();
  });

  test.each([
    ['a .tvq file', 'file', undefined],
    ['one task', 'ready', '&tasks=1'],
    ['models without layers', 'ready', '&flat=1'],
    ['little of a model', 'ready', '&tasks=1&tensors=2'],
  ] as const)('%s', async (_, scenario, query) => {
    await open('Bits', scenario, query);
    await check();
    await page.getByRole('tab', { name: 'Sensitivity' }).click();
    await check();
  });
});

describe('sensitivity', () => {
  const grid = () => page.getByRole('grid', { name: 'Sensitivity by layer' });
  const task = () => page.getByRole('tabpanel', { name: 'Sensitivity' }).getByLabel('Task to show');

  beforeAll(() => open('Bits'));

  test('by each measure', async () => {
    for (const measure of ['relative', 'energy', 'depth']) {
      await page.getByRole('tab', { name: 'Bits' }).click();
      await page.getByLabel('How the budget weighs errors').selectOption(measure);
      await page.getByRole('tab', { name: 'Sensitivity' }).click();
      await check();
    }
  });

  test('cells, and the curve of a tensor', async () => {
    await grid().focus();
    for (const [key, said] of [
      ['ArrowUp', 'all of layer 0'],
      ['ArrowLeft', 'everything outside the layers'],
      ['ArrowLeft', 'all tensors'],
      ['ArrowDown', 'all layers'],
      ['ArrowRight', 'no tensor'],
      ['End', 'outside the layers'],
      ['Home', 'everything outside the layers'],
      ['ArrowRight', 'all of layer 0'],
      ['ArrowDown', 'layer 0'],
    ] as const) {
      await page.keyboard.press(key);
      await page
        .getByRole('status')
        .filter({ hasText: `⟦${said}⟧` })
        .waitFor();
      await check();
    }
    await page.keyboard.press('Enter');
    await text(/of model\.layers/).waitFor();
    await checkTip('Sensitivity by kind');
    await grid().focus();
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await text('of the whole model').waitFor();
  });

  test('tasks compared', async () => {
    await become('refused');
    await button('Compare all tensors').click();
    await page.getByRole('alert').filter({ hasText: 'no tensor name' }).waitFor();
    await check();
    await become('silent');
    await button('Retry').click();
    await page.getByRole('progressbar', { name: 'Comparing the task vectors' }).waitFor();
    await check();
    await button('Cancel').click();
    await text('Comparing was cancelled').waitFor();
    await check();
    for (const name of ['Compare 16 tensors', 'Compare all tensors']) {
      await button(name).click();
      await page.getByRole('img', { name: 'The cosine of' }).waitFor();
      await check();
    }
    for (const matrix of ['agreement', 'together']) {
      await page.getByLabel('What the matrix shows').selectOption(matrix);
      await check();
    }
    await checkTip('The weights that both move');
  });

  test('of the shared base vector', async () => {
    await become('refused');
    await task().selectOption('@shared');
    await page.getByRole('alert').filter({ hasText: 'no tensor name' }).waitFor();
    await check();
    await button('Dismiss').click();
    await become('silent');
    await task().selectOption('@shared');
    await page.getByRole('progressbar', { name: 'Measuring the shared base vector' }).waitFor();
    await check();
    await button('Cancel').click();
    await task().selectOption('@shared');
    await text('of the whole shared base vector').waitFor();
    await check();
    await grid().focus();
    await page.keyboard.press('Enter');
    await text(/of model\.layers/).waitFor();
    await checkCharts(4);
  });

  test('as tables, and taken away', async () => {
    await task().selectOption('');
    await page.getByRole('columnheader', { name: '⟦bytes spent⟧' }).waitFor();
    await check();
    await button('Export:').first().click();
    await become('refused');
    await page.getByRole('menuitem', { name: 'Save table as CSV' }).click();
    await page.getByRole('alert').filter({ hasText: 'no tensor name' }).waitFor();
    await check();
  });
});

describe('the budget', () => {
  const field = () => page.getByTestId('tvq-budget');

  beforeAll(() => open('Bits'));

  test('in each unit, by each measure', async () => {
    for (const [select, values] of [
      ['Unit of the budget', ['bytes', 'codes', 'bitsPerWeight', 'percent', 'error']],
      ['How the budget weighs errors', ['relative', 'energy', 'depth', 'auto']],
    ] as const) {
      for (const value of values) {
        await page.getByLabel(select).selectOption(value);
        await check();
      }
    }
  });

  test('taken back', async () => {
    await page.getByRole('slider').press('PageUp');
    await button('Undo').click();
    await check();
    await button('Redo').click();
    await button('Reset').click();
    await check();
  });

  test.each([
    ['much', 'is not a budget'],
    ['1B', 'No smaller file is possible'],
    ['90TB', 'No larger file would lose less'],
    ['error=0', 'No larger file would lose less'],
  ])('%s', async (budget, answer) => {
    await field().fill(budget);
    await text(answer).waitFor();
    await check();
  });
});

describe('wishes', () => {
  const grid = () => page.getByRole('grid', { name: 'Bits by layer' });
  const pick = (name: string) => page.getByRole('menuitemradio', { name }).first().click();
  const rules = () => page.getByTestId('tvq-rule').count();

  beforeAll(() => open('Bits'));

  test('for patterns', async () => {
    const wish = async (pattern: string, width: string) => {
      await page.getByTestId('tvq-pattern').fill(pattern);
      await button('Set bits…').click();
      if (pattern !== '') await pick(width);
    };
    await wish('', '');
    await text('Write a pattern of tensor names first').waitFor();
    await check();
    await wish('/(/', 'Exact');
    await text('/(/ is not a valid regular expression').waitFor();
    await check();
    await page.getByLabel('Task of the rule').selectOption('dtd');
    await wish('nothing.*', 'Exact');
    await expect.poll(rules).toBe(1);
    await check();
    await button('Remove the rule').click();
    await expect.poll(rules).toBe(0);
    await check();
  });

  test('for cells, rows and columns of the grid, and for a row of the table', async () => {
    await grid().focus();
    for (const [keys, wish] of [
      [[], 'Exact'],
      [['ArrowRight'], '{0} bits'],
      [['ArrowDown'], 'At least 1 bit'],
      [['ArrowUp', 'ArrowLeft', 'ArrowLeft', 'ArrowLeft'], 'At least {0} bits'],
      [['ArrowUp'], '1 bit'],
      [['ArrowRight'], 'Auto'],
    ] as const) {
      for (const key of keys) await page.keyboard.press(key);
      await page.keyboard.press('Enter');
      await check();
      await pick(`⟦${wish.replace('{0}', '3')}⟧`);
      await check();
    }
    await page.getByRole('grid', { name: 'Tensors' }).focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await check();
    await pick('Exact');
    await page.getByRole('gridcell', { name: 'exact' }).first().waitFor();
    await checkCharts(3);
  });

  test('of every form, more than are listed', async () => {
    const bounds = [undefined, 1, 2];
    const wishes = [
      ...([1, 2, 'exact', 'auto'] as const).map(bits => ({ bits })),
      ...bounds.flatMap(min => bounds.map(max => ({ min, max }))),
    ];
    const every = Array.from({ length: 300 }, (_, at): TensorRule => ({
      tensors: `*.${at}.*`,
      ...wishes[at % wishes.length],
    }));
    await expect.poll(() => page.evaluate(() => sessionStorage.getItem('state'))).toContain('"selection":{');
    await page.addInitScript(rules => {
      const saved = sessionStorage.getItem('state');
      if (saved === null) return; // a later visit
      const state = JSON.parse(saved) as StudioState;
      const spending = { ...state.spending, now: { ...state.spending.now, rules } };
      sessionStorage.setItem('state', JSON.stringify({ ...state, spending }));
    }, every);
    await page.reload();
    await text('and 100 before').waitFor();
    await check();
  });
});

describe('the table', () => {
  const search = () => page.getByTestId('tvq-search').locator('input');

  beforeAll(() => open('Bits'));

  test('searched, and without matches', async () => {
    await search().fill('mlp dtd');
    await text('of 352 rows').waitFor();
    await check();
    await search().fill('zebra');
    await text('No tensor matches').waitFor();
    await check();
  });

  test('that is not saved', async () => {
    await become('refused');
    await button('Export CSV').click();
    await text('Nothing was saved').waitFor();
    await check();
  });
});

describe('quantizing', () => {
  const quantize = () => page.getByTestId('tvq-quantize').click();

  beforeAll(() => open('Bits'));

  test('its result beside what was predicted', async () => {
    await quantize();
    await page.getByTestId('tvq-measured-size').waitFor();
    await check();
    await become('refused');
    await button('⟦Open⟧').click();
    await text('The file was not opened').waitFor();
    await check();
  });

  test('failing', async () => {
    await become('refused');
    await quantize();
    await text('Nothing was written').waitFor();
    await check();
    await button('Dismiss').click();
  });

  test('running, and cancelled', async () => {
    await become('silent');
    await quantize();
    await text('33 %').waitFor();
    await check();
    await button('Cancel').click();
    await text('Nothing was written').waitFor();
    await check();
  });

  test('by a command', async () => {
    await become('refused');
    await button('Copy as command').click();
    await text('The command was not copied').waitFor();
    await check();
    await button('Copy as command').click();
    await text('The command is on the clipboard').waitFor();
    await check();
  });
});
