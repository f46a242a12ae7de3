/** The inspector in another language: all its own texts are translatable messages. */
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { showTables } from './harness/charts.ts';
import { untranslated } from './harness/texts.ts';
import { usePage } from './harness/usePage.ts';
import './harness/window.ts';

const visit = usePage('inspector');

const open = (scenario = 'ready') => visit({ language: 'pseudo', height: 1000, scenario });

async function openTable(scenario = 'ready'): Promise<Page> {
  const page = await open(scenario);
  await page.getByTestId('tvq-row').first().waitFor();
  return page;
}

/** Names in the file that are also words of the page: a codec, and the width in a recipe and of a codec. */
const NAMES = ['exact', 'bits'];

const expectTranslated = async (page: Page) =>
  expect((await untranslated(page)).filter(text => !NAMES.includes(text))).toEqual([]);

const press = (page: Page, name: string) => page.getByRole('button', { name }).click();
const chooseFirst = (page: Page) => page.getByTestId('tvq-row').first().click();
const compareAll = async (page: Page) => {
  await page.getByRole('tab', { name: 'Compare tasks' }).click();
  await press(page, 'Compare all tensors');
};

/** Makes the host fail from now on. */
const fail = (
  page: Page,
  method: 'tensors' | 'exportCsv' | 'saveFile' | 'verify' | 'compare' | 'openStudio',
) =>
  page.evaluate(name => {
    harness.host[name] = async () => {
      throw new Error('The file is being replaced.');
    };
  }, method);

describe('the overview', () => {
  test.each(['kind', 'layer', 'codec'])('has bytes by %s', async by => {
    const page = await openTable();
    await page.getByLabel('How bytes are grouped').selectOption(by);
    await page.locator('.overview canvas').hover({ position: { x: 100, y: 14 } });
    await page.getByText('codes').and(page.locator('.tip:visible')).waitFor();
    await expectTranslated(page);
    await showTables(page);
    await expectTranslated(page);
  });

  test('says where the file comes from', async () => {
    const page = await openTable();
    await page.getByText('Fine-tuned checkpoints').click();
    await page.getByText('Recipe').click();
    await expectTranslated(page);
  });

  test('is saved and copied', async () => {
    const page = await openTable();
    await press(page, 'Export:');
    await page.getByRole('menu').waitFor();
    await expectTranslated(page);
    await fail(page, 'saveFile');
    await page.getByRole('menuitem', { name: 'Save table as CSV' }).click();
    await page.getByRole('alert').getByText('was not exported').waitFor();
    await expectTranslated(page);
  });

  test('does not open the Studio', async () => {
    const page = await openTable();
    await fail(page, 'openStudio');
    await press(page, 'Re-quantize with another budget');
    await page.getByText('The Studio did not open.').waitFor();
    await expectTranslated(page);
  });
});

describe('a tensor', () => {
  test('is none at first, then is in charts and tables', async () => {
    const page = await openTable();
    await page.getByRole('tab', { name: 'Tensor' }).click();
    await page.getByText('Choose a tensor in the table').waitFor();
    await expectTranslated(page);
    await chooseFirst(page);
    for (const chart of ['Codes 0 to 15', 'Values from', 'The mean magnitude']) {
      await page.getByRole('img', { name: chart }).hover();
      await page.locator('.tip:visible').waitFor();
      await expectTranslated(page);
    }
    await page.getByLabel('What the map shows').selectOption('max');
    await page.getByRole('img', { name: 'The largest magnitude' }).waitFor();
    await expectTranslated(page);
    await showTables(page);
    await expectTranslated(page);
  });

  test('has nothing stored', async () => {
    const page = await openTable();
    await page.getByTestId('tvq-search').locator('input').fill('logit_scale');
    await page.getByText('9 of 5,000 rows').waitFor();
    await chooseFirst(page);
    await page.getByText('This tensor equals the base model’s').waitFor();
    await expectTranslated(page);
  });

  test('is read, and is not when cancelled', async () => {
    const page = await openTable('endless');
    await chooseFirst(page);
    await page.getByRole('progressbar').waitFor();
    await expectTranslated(page);
    await press(page, 'Cancel');
    await page.getByText('The tensor was not read.').waitFor();
    await expectTranslated(page);
  });

  test('is damaged', async () => {
    const page = await openTable('damaged');
    await chooseFirst(page);
    await page.getByText('This tensor cannot be shown').waitFor();
    await expectTranslated(page);
  });
});

describe('tasks', () => {
  test.each(['cosines', 'agreement', 'together'])('are compared: %s', async of => {
    const page = await openTable();
    await compareAll(page);
    await page.getByLabel('What the matrix shows').selectOption(of);
    await expectTranslated(page);
    await showTables(page);
    await expectTranslated(page);
  });

  test('are compared by some tensors', async () => {
    const page = await openTable();
    await page.getByRole('tab', { name: 'Compare tasks' }).click();
    await press(page, 'Compare 16 tensors');
    await page.getByText('16 of 99 tensors').waitFor();
    await expectTranslated(page);
  });

  test('are being compared, and are not when cancelled', async () => {
    const page = await openTable('endless');
    await compareAll(page);
    await page.getByRole('progressbar').waitFor();
    await expectTranslated(page);
    await press(page, 'Cancel');
    await page.getByText('Comparing was cancelled.').waitFor();
    await expectTranslated(page);
  });

  test('are not compared', async () => {
    const page = await openTable();
    await fail(page, 'compare');
    await compareAll(page);
    await page.getByText('The tasks were not compared').waitFor();
    await expectTranslated(page);
  });
});

describe('the file is verified', () => {
  test.each([
    ['ready', 'Intact: 2,369 checksums match.'],
    ['damaged', 'Damaged: 2 parts.'],
  ])('%s', async (scenario, verdict) => {
    const page = await openTable(scenario);
    await press(page, 'Verify');
    await page.getByText(verdict).waitFor();
    await expectTranslated(page);
  });

  test('unless that is cancelled', async () => {
    const page = await openTable('endless');
    await press(page, 'Verify');
    await page.getByRole('progressbar').waitFor();
    await expectTranslated(page);
    await press(page, 'Cancel');
    await page.getByText('Verifying was cancelled').waitFor();
    await expectTranslated(page);
  });

  test('unless that fails', async () => {
    const page = await openTable();
    await fail(page, 'verify');
    await press(page, 'Verify');
    await page.getByText('The file was not verified.').waitFor();
    await expectTranslated(page);
  });
});

describe('the table', () => {
  test('is sorted and searched', async () => {
    const page = await openTable();
    await page.getByRole('columnheader', { name: 'bytes' }).getByRole('button').click();
    await page.getByTestId('tvq-row').first().getByText('1.57 MB').waitFor();
    await expectTranslated(page);
    await page.getByTestId('tvq-search').locator('input').fill('cars');
    await page.getByText('of 5,000 rows').waitFor();
    await expectTranslated(page);
    // The search text is the user's own, so use no letters.
    await page.getByTestId('tvq-search').locator('input').fill('?');
    await page.getByText('No tensor matches “?”').waitFor();
    await expectTranslated(page);
  });

  test('has rows that do not come', async () => {
    const page = await openTable('flaky');
    await page.getByRole('grid').focus();
    await page.keyboard.press('End');
    await page.getByText('Some rows could not be read.').waitFor();
    await expectTranslated(page);
  });

  test('is not exported, nor listed again', async () => {
    const page = await openTable();
    await fail(page, 'exportCsv');
    await press(page, 'Export CSV');
    await page.getByText('The table was not exported.').waitFor();
    await expectTranslated(page);
    await fail(page, 'tensors');
    await page.evaluate(() => harness.reload());
    await page.getByText('The tensors could not be listed').waitFor();
    await expectTranslated(page);
  });
});

describe('the file', () => {
  test('is refused', async () => {
    const page = await open('refused');
    await page.getByTestId('tvq-error').waitFor();
    await expectTranslated(page);
  });

  test('is waited for', async () => {
    const page = await open('silent');
    await page.getByRole('status').getByText('Reading the header of the file').waitFor();
    await expectTranslated(page);
  });
});
