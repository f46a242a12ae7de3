/** The Merge tab in another language: all its own texts are translatable messages. */
import type { Locator, Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { untranslated } from '../../harness/texts.ts';
import { usePage } from '../../harness/usePage.ts';
import { METHODS, TASKS } from './samples.ts';
import './window.ts';

/** What the page knows without its host: the tasks. One parameter is called "merge", which is also a message. */
const GIVEN = [...TASKS, 'the parameter merge'];

let page: Page;
const visit = usePage('mergeTab');

async function open(scenario?: string): Promise<void> {
  page = await visit({ language: 'pseudo', height: 1000, scenario });
  await page.evaluate(texts => texts.forEach(text => given.add(text)), GIVEN);
}

/** The tab once its first merge is planned. */
async function openTab(scenario?: string): Promise<void> {
  await open(scenario);
  await page.getByTestId('merge-preview').getByText('≈ 1.22 GB').waitFor();
}

async function expectTranslated(shown: Locator): Promise<void> {
  await shown.waitFor();
  expect(await untranslated(page)).toEqual([]);
}

const button = (name: string) => page.getByRole('button', { name: `⟦${name}⟧`, exact: true });
const parameter = (name: string) => page.getByTestId(`merge-parameter-${name}`);
const checkBox = (task: string) =>
  page.getByTestId('merge-task').filter({ hasText: task }).getByRole('checkbox');
const choose = (method: string) => page.getByTestId('merge-method').selectOption(method);

describe('the form', () => {
  beforeAll(() => openTab());

  test('of every method', async () => {
    await page.locator('summary').click();
    for (const { name, parameters } of METHODS) {
      await choose(name);
      for (const { name: of } of parameters) await parameter(of).waitFor();
      expect(await untranslated(page)).toEqual([]);
    }
  });

  test('says what is wrong with a value, and what was meant', async () => {
    await choose('dare_ties');
    const density = parameter('density');
    for (const [typed, expected] of [
      ['0,5', /⟦Write a number/],
      ['[0.2; 0.8]', /⟦Write numbers/],
      ['7', /⟦Write a value/],
    ] as const) {
      await density.getByRole('textbox').fill(typed);
      await expectTranslated(density.getByText(expected));
    }
    await button('Use 1').waitFor();
    await parameter('seed').getByRole('textbox').fill('1.5');
    await expectTranslated(page.getByText('⟦Write a whole number.⟧'));
    await expectTranslated(page.getByText('⟦A value is not valid; see above.⟧'));
  });

  test('has values and faults of single tasks', async () => {
    await choose('ties');
    await page.getByRole('slider', { name: '⟦weight of cars⟧' }).fill('0.5');
    const weight = parameter('weight');
    await expectTranslated(weight.getByText('⟦changed⟧'));
    await expect
      .poll(() => weight.getByRole('textbox').getAttribute('placeholder'))
      .toBe('⟦0.5 – 1 by task⟧');
    await page.getByRole('combobox', { name: '⟦What the sliders set⟧' }).selectOption('density');
    await page.getByRole('textbox', { name: '⟦density of dtd, as a number⟧' }).fill('all');
    await expectTranslated(page.getByText(/⟦Write a number/));
  });

  test('shows a plan with its faults, and why there is none', async () => {
    await choose('iso_c');
    await expectTranslated(page.getByText('cars has no tensor of two dimensions.'));
    await button('Change…').click();
    await expectTranslated(button('Reset'));
    await page.evaluate(() => {
      merging.host.planMerge = () => Promise.reject(new Error('The base is gone.'));
    });
    await choose('ties');
    await expectTranslated(page.getByText('The base is gone.'));
  });

  test('says how many tasks a method takes', async () => {
    await choose('slerp');
    await expectTranslated(page.getByText('⟦SLERP takes at most 2 tasks, and 8 are checked.⟧'));
    for (const task of TASKS.slice(1)) await checkBox(task).uncheck();
    await expectTranslated(page.getByText('⟦SLERP needs 2 tasks, and 1 is checked.⟧'));
    await checkBox('cars').uncheck();
    await expectTranslated(page.getByText('⟦Check at least one task.⟧'));
  });
});

test.each(['checkpoints', 'unknown'])('the form of a selection: %s', async scenario => {
  await openTab(scenario);
  expect(await untranslated(page)).toEqual([]);
});

describe('a merge', () => {
  beforeAll(() => openTab('empty'));

  test('that is cancelled', async () => {
    await button('Merge').click();
    await button('Cancel').click();
    await expectTranslated(page.getByText('⟦Cancelled: merged-task-arithmetic was not written.⟧'));
  });

  test('that runs, ends and is taken from the list', async () => {
    await expectTranslated(page.getByText('⟦Nothing is merged yet⟧'));
    await button('Merge').click();
    await expectTranslated(page.getByText('⟦starting⟧'));
    await page.evaluate(() => merging.host.advance(34));
    await expectTranslated(page.getByText('34 %'));
    await page.evaluate(() => merging.host.finish());
    await page.getByTestId('merge-column').waitFor();
    await expectTranslated(page.getByText(/^⟦Score a merge with your own command/));
    await button('Merge').click();
    await expectTranslated(page.getByText('⟦merging⟧'));
    await button('Cancel').click();
    await button('Remove from the list: merged-task-arithmetic').click();
    await expectTranslated(page.getByText('⟦Nothing is merged yet⟧'));
  });
});

test('a merge that fails', async () => {
  await openTab('failing');
  await button('Merge').click();
  await expectTranslated(page.getByText(/⟦merged-task-arithmetic was not merged\. cars/));
});

describe('results', () => {
  beforeAll(() => openTab());

  test('saved as a table have the headings that are shown', async () => {
    const saved = (at: number) =>
      page.evaluate(index => `${merging.host.saved[index]?.name}: ${merging.host.saved[index]?.data}`, at);
    await button('Export CSV').click();
    await expect.poll(() => saved(0)).toMatch(/^merges\.csv: [^]*⟦Result⟧,⟦Size⟧,1215873024/);
    await button('Export: ⟦Sign conflicts⟧').click();
    await page.getByRole('menuitem', { name: '⟦Save table as CSV⟧' }).click();
    await expect.poll(() => saved(1)).toMatch(/^sign-conflicts\.csv: ⟦layer⟧,merged-/);
  });

  test('that are evaluated', async () => {
    const running = page.getByText(/^⟦Evaluating merged-breadcrumbs\./);
    await button('Evaluate merged-breadcrumbs').click();
    await expectTranslated(running);
    await page.evaluate(() => merging.host.unscored('The evaluation gave no numbers.'));
    await expectTranslated(page.getByText(/^⟦merged-breadcrumbs was not evaluated\./));
    await button('Retry').click();
    await running.waitFor();
    await page.evaluate(() => merging.host.scored([{ name: 'accuracy.mean', value: 0.5 }]));
    await expectTranslated(page.getByRole('img', { name: /^accuracy\.mean: .* merged-breadcrumbs 0\.5/ }));
    await button('Evaluate merged-ties').click();
    await button('Cancel the evaluation of merged-ties').click();
    await expectTranslated(page.getByText('⟦The evaluation of merged-ties was cancelled.⟧'));
  });

  test('of which two are compared', async () => {
    await expectTranslated(page.getByText('⟦Select two merges to compare them.⟧'));
    for (const name of ['merged-task-arithmetic', 'merged-ties'])
      await page.getByRole('button', { name, exact: true }).click();
    await expectTranslated(page.getByText('⟦less merged-task-arithmetic⟧'));
  });

  test('as tables, with a menu each', async () => {
    await button('Export: ⟦Cosine to cars⟧').click();
    await expectTranslated(page.getByRole('menuitem', { name: '⟦Save as PNG⟧' }));
    await page.keyboard.press('Escape');
    await button('Show as tables: ⟦By layer⟧').click();
    await button('Show as tables: ⟦Evaluation⟧').click();
    await expectTranslated(page.getByRole('table', { name: 'accuracy.mean' }));
    await button('Export: ⟦Norm⟧').click();
    await expectTranslated(page.getByRole('menuitem', { name: '⟦Save table as CSV⟧' }));
    await page.keyboard.press('Escape');
  });

  test('whose folder is gone, and whose parameters are rules', async () => {
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
    await expectTranslated(page.getByText('⟦by tensor⟧').first());
    await page.evaluate(() => {
      merging.host.revealMerge = () => Promise.reject(new Error('There is no such folder.'));
    });
    await button('Show the folder of merged-ties').click();
    await expectTranslated(page.getByText('There is no such folder.'));
  });
});

test.each(['unset', 'restricted'])('results that cannot be evaluated: %s', async scenario => {
  await openTab(scenario);
  await expectTranslated(page.getByTestId('merge-evaluation'));
});
describe('what goes wrong', () => {
  test('before there are methods', async () => {
    await open('refused');
    await expectTranslated(page.getByTestId('merge-error'));
    await page.evaluate(() => {
      merging.host.mergeMethods = async () => [];
    });
    await button('Retry').click();
    await expectTranslated(page.getByText('⟦There are no merge methods.⟧'));
  });

  test('while they are awaited', async () => {
    await open('silent');
    await expectTranslated(page.getByText('⟦Asking for the merge methods⟧'));
  });

  test('with texts of a file that are markup', async () => {
    await openTab('hostile');
    await expectTranslated(page.getByTestId('merge-column').first());
  });
});
