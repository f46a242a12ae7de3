/** The Merge tab in another language: all its own texts are translatable messages. */
import type { Locator, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { untranslated } from '../../harness/texts.ts';
import { usePage } from '../../harness/usePage.ts';
import { MERGES, METHODS, TASKS } from './samples.ts';
import './window.ts';

/** What the page knows without its host: the tasks. One parameter is called "merge", which is also a message. */
const GIVEN = [...TASKS, 'the parameter merge'];

const visit = usePage('mergeTab');

async function open(scenario?: string): Promise<Page> {
  const page = await visit({ language: 'pseudo', height: 1000, scenario });
  await page.evaluate(texts => texts.forEach(text => given.add(text)), GIVEN);
  return page;
}

/** The tab once its first merge is planned. */
async function openTab(scenario?: string): Promise<Page> {
  const page = await open(scenario);
  await page.getByTestId('merge-preview').getByText('≈ 1.22 GB').waitFor();
  return page;
}

async function expectTranslated(page: Page, shown: Locator): Promise<void> {
  await shown.waitFor();
  expect(await untranslated(page)).toEqual([]);
}

const button = (page: Page, name: string) => page.getByRole('button', { name: `⟦${name}⟧`, exact: true });
const parameter = (page: Page, name: string) => page.getByTestId(`merge-parameter-${name}`);
const checkBox = (page: Page, task: string) =>
  page.getByTestId('merge-task').filter({ hasText: task }).getByRole('checkbox');
const choose = (page: Page, method: string) => page.getByTestId('merge-method').selectOption(method);

describe('the form', () => {
  test('of every method', async () => {
    const page = await openTab();
    await page.locator('summary').click();
    for (const { name, parameters } of METHODS) {
      await choose(page, name);
      for (const { name: of } of parameters) await parameter(page, of).waitFor();
      expect(await untranslated(page)).toEqual([]);
    }
  });

  test('says what is wrong with a value, and what was meant', async () => {
    const page = await openTab();
    await choose(page, 'dare_ties');
    const density = parameter(page, 'density');
    for (const [typed, expected] of [
      ['0,5', /⟦Write a number/],
      ['[0.2; 0.8]', /⟦Write numbers/],
      ['7', /⟦Write a value/],
    ] as const) {
      await density.getByRole('textbox').fill(typed);
      await expectTranslated(page, density.getByText(expected));
    }
    await button(page, 'Use 1').waitFor();
    await parameter(page, 'seed').getByRole('textbox').fill('1.5');
    await expectTranslated(page, page.getByText('⟦Write a whole number.⟧'));
    await expectTranslated(page, page.getByText('⟦A value is not valid; see above.⟧'));
  });

  test('has values and faults of single tasks', async () => {
    const page = await openTab();
    await choose(page, 'ties');
    await page.getByRole('slider', { name: '⟦weight of cars⟧' }).fill('0.5');
    const weight = parameter(page, 'weight');
    await expectTranslated(page, weight.getByText('⟦changed⟧'));
    expect(await weight.getByRole('textbox').getAttribute('placeholder')).toBe('⟦0.5 – 1 by task⟧');
    await page.getByRole('combobox', { name: '⟦What the sliders set⟧' }).selectOption('density');
    await page.getByRole('textbox', { name: '⟦density of dtd, as a number⟧' }).fill('all');
    await expectTranslated(page, page.getByText(/⟦Write a number/));
  });

  test('says how many tasks a method takes', async () => {
    const page = await openTab();
    await choose(page, 'slerp');
    await expectTranslated(page, page.getByText('⟦SLERP takes at most 2 tasks, and 8 are checked.⟧'));
    for (const task of TASKS.slice(1)) await checkBox(page, task).uncheck();
    await expectTranslated(page, page.getByText('⟦SLERP needs 2 tasks, and 1 is checked.⟧'));
    await checkBox(page, 'cars').uncheck();
    await expectTranslated(page, page.getByText('⟦Check at least one task.⟧'));
  });

  test('shows a plan with its faults, and why there is none', async () => {
    const page = await openTab();
    await choose(page, 'iso_c');
    await expectTranslated(page, page.getByText('cars has no tensor of two dimensions.'));
    await button(page, 'Change…').click();
    await expectTranslated(page, button(page, 'Reset'));
    await page.evaluate(() => {
      merging.host.planMerge = () => Promise.reject(new Error('The base is gone.'));
    });
    await choose(page, 'ties');
    await expectTranslated(page, page.getByText('The base is gone.'));
  });

  test.each(['checkpoints', 'unknown'])('of a selection: %s', async scenario => {
    const page = await openTab(scenario);
    expect(await untranslated(page)).toEqual([]);
  });
});

describe('a merge', () => {
  test('that runs, ends and is taken from the list', async () => {
    const page = await openTab('empty');
    await expectTranslated(page, page.getByText('⟦Nothing is merged yet⟧'));
    await button(page, 'Merge').click();
    await expectTranslated(page, page.getByText('⟦starting⟧'));
    await page.evaluate(() => merging.host.advance(34));
    await expectTranslated(page, page.getByText('34 %'));
    await page.evaluate(() => merging.host.finish());
    await page.getByTestId('merge-column').waitFor();
    await button(page, 'Merge').click();
    await expectTranslated(page, page.getByText('⟦merging⟧'));
    await button(page, 'Cancel').click();
    await button(page, 'Remove from the list: merged-task-arithmetic').click();
    await expectTranslated(page, page.getByText('⟦Nothing is merged yet⟧'));
  });

  test('that is cancelled', async () => {
    const page = await openTab('empty');
    await button(page, 'Merge').click();
    await button(page, 'Cancel').click();
    await expectTranslated(page, page.getByText('⟦Cancelled: merged-task-arithmetic was not written.⟧'));
  });

  test('that fails', async () => {
    const page = await openTab('failing');
    await button(page, 'Merge').click();
    await expectTranslated(page, page.getByText(/⟦merged-task-arithmetic was not merged\. cars/));
  });
});

describe('results', () => {
  test('of which two are compared', async () => {
    const page = await openTab();
    await expectTranslated(page, page.getByText('⟦Select two merges to compare them.⟧'));
    for (const name of ['merged-task-arithmetic', 'merged-ties'])
      await page.getByRole('button', { name, exact: true }).click();
    await expectTranslated(page, page.getByText('⟦less merged-task-arithmetic⟧'));
  });

  test('as tables, with a menu each', async () => {
    const page = await openTab();
    await button(page, 'Export: ⟦Cosine to cars⟧').click();
    await expectTranslated(page, page.getByRole('menuitem', { name: '⟦Save as PNG⟧' }));
    await page.keyboard.press('Escape');
    await button(page, 'Show as tables: ⟦By layer⟧').click();
    await button(page, 'Show as tables: ⟦Evaluation⟧').click();
    await expectTranslated(page, page.getByRole('table', { name: 'accuracy.mean' }));
    await button(page, 'Export: ⟦Norm⟧').click();
    await expectTranslated(page, page.getByRole('menuitem', { name: '⟦Save table as CSV⟧' }));
  });

  test('saved as a table have the headings that are shown', async () => {
    const page = await openTab();
    const saved = (at: number) =>
      page.evaluate(index => `${merging.host.saved[index]?.name}: ${merging.host.saved[index]?.data}`, at);
    await button(page, 'Export CSV').click();
    await expect.poll(() => saved(0)).toMatch(/^merges\.csv: [^]*⟦Result⟧,⟦Size⟧,1215873024/);
    await button(page, 'Export: ⟦Sign conflicts⟧').click();
    await page.getByRole('menuitem', { name: '⟦Save table as CSV⟧' }).click();
    await expect.poll(() => saved(1)).toMatch(/^sign-conflicts\.csv: ⟦layer⟧,merged-/);
  });

  test('whose folder is gone, and whose parameters are rules', async () => {
    const page = await openTab();
    await page.evaluate(async () => {
      const { page: tab } = merging.host;
      const session = await merging.host.mergeSession();
      const merges = session.merges.map(({ report, ...merge }, at) => {
        if (at === 0 || report === undefined) return { ...merge, report: undefined, fault: 'It is gone.' };
        const parameters = { ...report.parameters, weight: [{ filter: 'mlp', value: 0.5 }] };
        return { ...merge, report: { ...report, parameters, inputParameters: {} } };
      });
      tab?.mergeChanged({ ...session, merges });
    });
    await expectTranslated(page, page.getByText('⟦by tensor⟧').first());
    await page.evaluate(() => {
      merging.host.revealMerge = () => Promise.reject(new Error('There is no such folder.'));
    });
    await button(page, 'Show the folder of merged-ties').click();
    await expectTranslated(page, page.getByText('There is no such folder.'));
  });

  test('that are evaluated', async () => {
    const page = await openTab();
    const running = page.getByText(/^⟦Evaluating merged-breadcrumbs\./);
    await button(page, 'Evaluate merged-breadcrumbs').click();
    await expectTranslated(page, running);
    await page.evaluate(() => merging.host.unscored('The evaluation gave no numbers.'));
    await expectTranslated(page, page.getByText(/^⟦merged-breadcrumbs was not evaluated\./));
    await button(page, 'Retry').click();
    await running.waitFor();
    await page.evaluate(() => merging.host.scored([{ name: 'accuracy.mean', value: 0.5 }]));
    await expectTranslated(
      page,
      page.getByRole('img', { name: /^accuracy\.mean: .* merged-breadcrumbs 0\.5/ }),
    );
    await button(page, 'Evaluate merged-ties').click();
    await button(page, 'Cancel the evaluation of merged-ties').click();
    await expectTranslated(page, page.getByText('⟦The evaluation of merged-ties was cancelled.⟧'));
  });

  test('that nobody scored yet', async () => {
    const page = await openTab();
    for (const { name } of MERGES.filter(({ metrics }) => metrics.length > 0))
      await button(page, `Remove from the list: ${name}`).click();
    await expectTranslated(page, page.getByText(/^⟦Score a merge with your own command/));
  });

  test.each(['unset', 'restricted'])('that cannot be evaluated: %s', async scenario => {
    const page = await openTab(scenario);
    await expectTranslated(page, page.getByTestId('merge-evaluation'));
  });
});

describe('what goes wrong', () => {
  test('before there are methods', async () => {
    const page = await open('refused');
    await expectTranslated(page, page.getByTestId('merge-error'));
    await page.evaluate(() => {
      merging.host.mergeMethods = async () => [];
    });
    await button(page, 'Retry').click();
    await expectTranslated(page, page.getByText('⟦There are no merge methods.⟧'));
  });

  test('while they are awaited', async () => {
    const page = await open('silent');
    await expectTranslated(page, page.getByText('⟦Asking for the merge methods⟧'));
  });

  test('with texts of a file that are markup', async () => {
    const page = await openTab('hostile');
    await expectTranslated(page, page.getByTestId('merge-column').first());
  });
});
