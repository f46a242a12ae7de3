/** The inspector in another language: all its own texts are translatable messages. */
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { showTables } from './harness/charts.ts';
import { untranslated } from './harness/texts.ts';
import { usePage } from './harness/usePage.ts';
import './harness/window.ts';

let page: Page;
const visit = usePage('inspector');

async function open(scenario = 'ready'): Promise<void> {
  page = await visit({ language: 'pseudo', height: 1000, scenario });
}

async function openTable(scenario = 'ready'): Promise<void> {
  await open(scenario);
  await page.getByTestId('tvq-row').first().waitFor();
}

/** Names in the file that are also words of the page: a codec, and the width in a recipe and of a codec. */
const NAMES = ['exact', 'bits'];

const expectTranslated = async () =>
  expect((await untranslated(page)).filter(text => !NAMES.includes(text))).toEqual([]);

const press = (name: string) => page.getByRole('button', { name }).click();
const chooseFirst = () => page.getByTestId('tvq-row').first().click();
const search = (words: string) => page.getByTestId('tvq-search').locator('input').fill(words);
const compareAll = async () => {
  await page.getByRole('tab', { name: 'Compare tasks' }).click();
  await press('Compare all tensors');
};

/** Makes the host fail from now on. */
const fail = (method: 'tensors' | 'exportCsv' | 'saveFile' | 'verify' | 'compare' | 'openStudio') =>
  page.evaluate(name => {
    harness.host[name] = async () => {
      throw new Error('The file is being replaced.');
    };
  }, method);

describe('the overview', () => {
  beforeAll(() => openTable());

  test('has bytes by kind, layer and codec', async () => {
    const groups = ['kind', 'layer', 'codec'];
    const group = (by: string) => page.getByLabel('How bytes are grouped').selectOption(by);
    for (const by of groups) {
      await group(by);
      await page.locator('.overview canvas').hover({ position: { x: 100, y: 14 } });
      await page.getByText('codes').and(page.locator('.tip:visible')).waitFor();
      await expectTranslated();
      await page.mouse.move(0, 0);
    }
    await showTables(page);
    for (const by of groups) {
      await group(by);
      await expectTranslated();
    }
  });

  test('says where the file comes from', async () => {
    await page.getByText('Fine-tuned checkpoints').click();
    await page.getByText('Recipe').click();
    await expectTranslated();
  });

  test('is saved and copied', async () => {
    await press('Export:');
    await page.getByRole('menu').waitFor();
    await expectTranslated();
    await fail('saveFile');
    await page.getByRole('menuitem', { name: 'Save table as CSV' }).click();
    await page.getByRole('alert').getByText('was not exported').waitFor();
    await expectTranslated();
  });

  test('does not open the Studio', async () => {
    await fail('openStudio');
    await press('Re-quantize with another budget');
    await page.getByText('The Studio did not open.').waitFor();
    await expectTranslated();
  });
});

describe('a tensor', () => {
  beforeAll(() => openTable());

  test('is none at first, then is in charts and tables', async () => {
    await page.getByRole('tab', { name: 'Tensor' }).click();
    await page.getByText('Choose a tensor in the table').waitFor();
    await expectTranslated();
    await chooseFirst();
    for (const chart of ['Codes 0 to 15', 'Values from', 'The mean magnitude']) {
      await page.getByRole('img', { name: chart }).hover();
      await page.locator('.tip:visible').waitFor();
      await expectTranslated();
    }
    await page.getByLabel('What the map shows').selectOption('max');
    await page.getByRole('img', { name: 'The largest magnitude' }).waitFor();
    await expectTranslated();
    await showTables(page);
    await expectTranslated();
  });

  test('has nothing stored', async () => {
    await search('logit_scale');
    await page.getByText('9 of 5,000 rows').waitFor();
    await chooseFirst();
    await page.getByText('This tensor equals the base model’s').waitFor();
    await expectTranslated();
  });
});

describe('tasks', () => {
  beforeAll(() => openTable());

  test('are compared by some tensors, and by all', async () => {
    await page.getByRole('tab', { name: 'Compare tasks' }).click();
    await press('Compare 16 tensors');
    await page.getByText('16 of 99 tensors').waitFor();
    await expectTranslated();
    await press('Compare all tensors');
    await page.getByText('99 quantized tensors').waitFor();
  });

  test('are compared by cosines, agreement, and what both move', async () => {
    const matrices = ['cosines', 'agreement', 'together'];
    const choose = (matrix: string) => page.getByLabel('What the matrix shows').selectOption(matrix);
    for (const matrix of matrices) {
      await choose(matrix);
      await expectTranslated();
    }
    await showTables(page);
    for (const matrix of matrices) {
      await choose(matrix);
      await expectTranslated();
    }
  });

  test('are not compared', async () => {
    await openTable();
    await fail('compare');
    await compareAll();
    await page.getByText('The tasks were not compared').waitFor();
    await expectTranslated();
  });
});

describe('work that is cancelled', () => {
  beforeAll(() => openTable('endless'));

  test.each([
    ['reading a tensor', chooseFirst, 'The tensor was not read.'],
    ['comparing tasks', compareAll, 'Comparing was cancelled.'],
    ['verifying the file', () => press('Verify'), 'Verifying was cancelled'],
  ])('%s', async (_, start, end) => {
    await start();
    const bar = page.getByRole('progressbar').filter({ visible: true });
    await bar.waitFor();
    await expectTranslated();
    await press('Cancel');
    await page.getByText(end).waitFor();
    await expectTranslated();
  });
});

describe('a file that is damaged', () => {
  beforeAll(() => openTable('damaged'));

  test('has tensors that are not shown', async () => {
    await chooseFirst();
    await page.getByText('This tensor cannot be shown').waitFor();
    await expectTranslated();
  });

  test('is found so', async () => {
    await press('Verify');
    await page.getByText('Damaged: 2 parts.').waitFor();
    await expectTranslated();
  });
});

describe('a file', () => {
  beforeAll(() => openTable());

  test('is intact, and is not verified when that fails', async () => {
    await press('Verify');
    await page.getByText('Intact: 2,369 checksums match.').waitFor();
    await expectTranslated();
    await fail('verify');
    await press('Verify');
    await page.getByText('The file was not verified.').waitFor();
    await expectTranslated();
  });

  test('has a table that is sorted and searched', async () => {
    await page.getByRole('columnheader', { name: 'bytes' }).getByRole('button').click();
    await page.getByTestId('tvq-row').first().getByText('1.57 MB').waitFor();
    await expectTranslated();
    await search('cars');
    await page.getByText('of 5,000 rows').waitFor();
    await expectTranslated();
    // The search text is the user's own, so use no letters.
    await search('?');
    await page.getByText('No tensor matches “?”').waitFor();
    await expectTranslated();
  });

  test('has a table that is not exported, nor listed again', async () => {
    await search('');
    await page.getByText('⟦5,000 rows⟧').waitFor();
    await fail('exportCsv');
    await press('Export CSV');
    await page.getByText('The table was not exported.').waitFor();
    await expectTranslated();
    await fail('tensors');
    await page.evaluate(() => harness.reload());
    await page.getByText('The tensors could not be listed').waitFor();
    await expectTranslated();
  });

  test('has rows that do not come', async () => {
    await openTable('flaky');
    await page.getByRole('grid').focus();
    await page.keyboard.press('End');
    await page.getByText('Some rows could not be read.').waitFor();
    await expectTranslated();
  });

  test('is refused', async () => {
    await open('refused');
    await page.getByTestId('tvq-error').waitFor();
    await expectTranslated();
  });

  test('is waited for', async () => {
    await open('silent');
    await page.getByRole('status').getByText('Reading the header of the file').waitFor();
    await expectTranslated();
  });
});
