/** The Merge tab in Chromium, under the host's content security policy, with a mock host behind it. */
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import type { PageOptions } from '../../harness/browser.ts';
import type { ThemeName } from '../../harness/themes.ts';
import { usePage } from '../../harness/usePage.ts';
import { LAYERS } from './samples.ts';
import './window.ts';

const SCREENSHOTS = fileURLToPath(new URL('../../../e2e/screenshots/', import.meta.url));
beforeAll(() => mkdir(SCREENSHOTS, { recursive: true }));

let page: Page;
const visit = usePage('mergeTab');
const open = (options: PageOptions = {}) => visit({ height: 1000, ...options });

async function openTab(options: PageOptions = {}): Promise<void> {
  page = await open(options);
  await page.getByTestId('merge-method').waitFor();
}

async function exportChart(chart: string, way: string): Promise<void> {
  await page.getByRole('button', { name: `Export: ${chart}`, exact: true }).click();
  await page.getByRole('menuitem', { name: way }).click();
}

const parameter = (name: string) => page.getByTestId(`merge-parameter-${name}`);
const task = (name: string) => page.getByTestId('merge-task').filter({ hasText: name });
const lastPlan = () => page.evaluate(() => merging.host.planned.at(-1));
const mergeButton = () => page.getByRole('button', { name: 'Merge', exact: true });
const columns = () => page.getByTestId('merge-column');

describe('what is shown', () => {
  const themes = ['dark', 'light', 'contrast'] as const satisfies ThemeName[];

  test('has no more than fits, in any theme and width', async () => {
    await openTab();
    await page.getByTestId('merge-preview').getByText('≈ 1.22 GB').waitFor();
    for (const width of [1280, 400]) {
      await page.setViewportSize({ width, height: 1000 });
      for (const theme of themes) {
        await page.evaluate(name => setTheme(name), theme);
        const wider = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        await expect.poll(wider).toBeLessThanOrEqual(0);
        const path = `${SCREENSHOTS}merge-${theme}-${width}.png`;
        if (width > 400 || theme === 'contrast') await page.screenshot({ path, fullPage: true });
      }
    }
  });
});

describe('the form', () => {
  beforeAll(() => openTab());

  test('a method brings its parameters, and keeps what was changed of it', async () => {
    const scale = parameter('scale');
    await scale.getByRole('textbox').fill('0.7');
    await expect.poll(() => lastPlan()).toMatchObject({ parameters: { scale: 0.7 } });
    await scale.getByText('changed').waitFor();
    await page.getByTestId('merge-method').selectOption('ties');
    await page.getByText('Keeps the largest weights of each task vector').waitFor();
    await parameter('trim').getByRole('combobox').selectOption('tensor');
    await expect.poll(() => lastPlan()).toMatchObject({ method: 'ties', parameters: { trim: 'tensor' } });
    await page.screenshot({ path: `${SCREENSHOTS}merge-form.png` });
    await page.getByTestId('merge-method').selectOption('task_arithmetic');
    await expect.poll(() => scale.getByRole('textbox').inputValue()).toBe('0.7');
    await scale.getByRole('button', { name: 'Reset scale to 0.3' }).click();
    await expect.poll(() => lastPlan()).toMatchObject({ parameters: {} });
    await scale.getByText('changed').waitFor({ state: 'hidden' });
  });

  test('another folder can be chosen, and let go of', async () => {
    await page.getByRole('button', { name: 'Change…' }).click();
    await expect
      .poll(() => page.getByTestId('merge-output').textContent())
      .toBe('merged-task-arithmetic-2-mine');
    await page.getByRole('button', { name: 'Reset', exact: true }).click();
    await expect.poll(() => page.getByTestId('merge-output').textContent()).toBe('merged-task-arithmetic-2');
  });

  test('a slider sets the weight of one task', async () => {
    const slider = page.getByRole('slider', { name: 'weight of cars' });
    await slider.focus();
    await page.keyboard.press('ArrowLeft');
    await expect
      .poll(() => lastPlan())
      .toMatchObject({ taskParameters: { cars: { weight: 0.99 }, dtd: {} } });
    expect(await task('cars').getByRole('textbox').inputValue()).toBe('0.99');
    const weight = parameter('weight').getByRole('textbox');
    expect(await weight.getAttribute('placeholder')).toBe('0.99 – 1 by task');
    await weight.fill('0.5');
    await expect
      .poll(() => lastPlan())
      .toMatchObject({ parameters: { weight: 0.5 }, taskParameters: { cars: {} } });
    expect(await slider.inputValue()).toBe('0.5');
  });

  test('sliders can set another parameter', async () => {
    await page.getByTestId('merge-method').selectOption('ties');
    await page.getByRole('combobox', { name: 'What the sliders set' }).selectOption('density');
    await page.getByRole('slider', { name: 'density of dtd' }).fill('0.6');
    await expect.poll(() => lastPlan()).toMatchObject({ taskParameters: { dtd: { density: 0.6 } } });
  });

  test('a wrong value says what is expected and what was meant', async () => {
    await page.getByTestId('merge-method').selectOption('ties');
    const density = parameter('density');
    await density.getByRole('textbox').fill('1,5');
    await density.getByText('Write a number, for example 0.5').waitFor();
    expect(await density.getByRole('textbox').getAttribute('aria-invalid')).toBe('true');
    await page.getByText('A value is not valid').waitFor();
    expect(await mergeButton().isEnabled()).toBe(false);
    await page.screenshot({ path: `${SCREENSHOTS}merge-fault.png` });
    await density.getByRole('button', { name: 'Use 1' }).click();
    await expect.poll(() => lastPlan()).toMatchObject({ method: 'ties', parameters: { density: 1 } });
    await expect.poll(() => mergeButton().isEnabled()).toBe(true);
  });

  test('a method for two tasks says so until two are checked', async () => {
    await page.getByTestId('merge-method').selectOption('slerp');
    await page.getByText('takes at most 2 tasks, and 8 are checked.').waitFor();
    for (const name of ['dtd', 'eurosat', 'gtsrb', 'mnist', 'resisc45', 'sun397'])
      await task(name).getByRole('checkbox').uncheck();
    await expect.poll(() => lastPlan()).toMatchObject({ method: 'slerp', tasks: ['cars', 'svhn'] });
    await expect.poll(() => mergeButton().isEnabled()).toBe(true);
  });
});

describe('a merge', () => {
  beforeAll(() => openTab({ scenario: 'empty' }));

  test('that is cancelled leaves the form as it was', async () => {
    await expect.poll(() => mergeButton().isEnabled()).toBe(true);
    await mergeButton().click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('Cancelled: merged-task-arithmetic was not written.').waitFor();
    await expect.poll(() => mergeButton().isEnabled()).toBe(true);
  });

  test('runs with progress, and becomes a column', async () => {
    await page.getByText('Nothing is merged yet').waitFor();
    await page.getByText('after a first merge').waitFor();
    await page.screenshot({ path: `${SCREENSHOTS}merge-empty.png` });
    await page.getByLabel('Compare with full precision').check();
    await mergeButton().click();
    await page.getByRole('progressbar', { name: 'Merging' }).waitFor();
    await page.evaluate(() => merging.host.advance(34));
    await expect.poll(() => page.getByTestId('merge-percent').textContent()).toBe('34 %');
    await page.screenshot({ path: `${SCREENSHOTS}merge-running.png` });
    expect(await page.evaluate(() => merging.host.started.slice(1))).toMatchObject([
      { method: 'task_arithmetic', compare: true, parameters: {} },
    ]);
    await page.evaluate(() => merging.host.finish());
    await expect.poll(() => columns().count()).toBe(1);
    await page.getByRole('row', { name: 'Time 7.7 s' }).waitFor();
    await expect.poll(() => page.getByTestId('merge-output').textContent()).toBe('merged-task-arithmetic-2');
  });

  test('beside others shows as a column that is being made', async () => {
    await expect.poll(() => mergeButton().isEnabled()).toBe(true);
    await mergeButton().click();
    await page.getByRole('columnheader', { name: 'merging' }).waitFor();
    await page.screenshot({ path: `${SCREENSHOTS}merge-pending.png` });
  });

  test('that fails says why', async () => {
    await openTab({ scenario: 'failing' });
    await expect.poll(() => mergeButton().isEnabled()).toBe(true);
    await mergeButton().click();
    await page.getByText('cars/model.safetensors: the file ends at byte 512,000.').waitFor();
    await page.screenshot({ path: `${SCREENSHOTS}merge-failed.png` });
    await page.getByTestId('merge-ended').waitFor();
  });
});

describe('results', () => {
  beforeAll(() => openTab());

  test('have drawings with what their charts have, and their names', async () => {
    const drawing = async (chart: string) => {
      await exportChart(chart, 'Save as SVG');
      const title = `<title>${chart}`;
      const saved = () => page.evaluate(() => merging.host.saved.at(-1)?.data ?? '');
      await expect.poll(saved).toContain(title);
      return page.evaluate(
        source => {
          const svg = new DOMParser().parseFromString(source, 'image/svg+xml');
          const count = (what: string) => svg.querySelectorAll(what).length;
          const points = [...svg.querySelectorAll('polyline')].map(
            line => (line.getAttribute('points') ?? '').split(' ').length,
          );
          return {
            texts: [...svg.querySelectorAll('text')].map(({ textContent }) => textContent),
            lines: points.filter(count => count > 2),
            dashed: count('polyline[stroke-dasharray]'),
            rects: count('rect'),
          };
        },
        await saved(),
      );
    };
    const lines = await drawing('Cosine to cars');
    const names = ['merged-task-arithmetic', 'merged-ties', 'merged-breadcrumbs'];
    expect(lines.texts.slice(0, 4)).toEqual(['Cosine to cars', ...names]);
    expect(lines.texts).toContain('0.5');
    expect(lines.lines).toEqual([LAYERS, LAYERS, LAYERS]);
    expect(lines.dashed).toBe(4);
    const bars = await drawing('accuracy.mean');
    expect(bars.texts).toEqual(expect.arrayContaining(['accuracy.mean', '0.7312', '0.7691']));
    // The background, and a bar for each evaluated merge.
    expect(bars.rects).toBe(3);
  });

  test('two columns are compared', async () => {
    await page.getByRole('button', { name: 'merged-ties', exact: true }).click();
    await page.getByRole('button', { name: 'merged-task-arithmetic', exact: true }).click();
    await page.getByTestId('merge-difference').waitFor();
    expect(
      await page.getByRole('row', { name: 'accuracy.mean' }).getByRole('cell').allTextContents(),
    ).toEqual(['0.7312', '0.7691', '–', '+0.03790']);
    const norm = page.getByRole('img', { name: /^Norm by layer: merged-task-arithmetic .*; merged-ties / });
    expect(await norm.getAttribute('aria-label')).not.toContain('breadcrumbs');
    await page.screenshot({ path: `${SCREENSHOTS}merge-compared.png` });
    for (const name of ['merged-ties', 'merged-task-arithmetic'])
      await page.getByRole('button', { name, exact: true }).click();
    await page.getByTestId('merge-difference').waitFor({ state: 'hidden' });
  });

  test('are evaluated by the user’s command', async () => {
    await page.getByRole('button', { name: 'Evaluate merged-breadcrumbs' }).click();
    await page.getByText('Evaluating merged-breadcrumbs.').waitFor();
    await page.evaluate(() => merging.host.unscored('The evaluation gave no numbers.'));
    await page.getByText('merged-breadcrumbs was not evaluated. The evaluation gave no numbers.').waitFor();
    await page.getByRole('button', { name: 'Retry' }).click();
    await page.getByText('Evaluating merged-breadcrumbs.').waitFor();
    await page.evaluate(() => merging.host.scored([{ name: 'accuracy.mean', value: 0.5 }]));
    await page.getByRole('img', { name: /accuracy.mean: .* merged-breadcrumbs 0.5000/ }).waitFor();
    await page.getByRole('button', { name: 'Evaluate merged-ties' }).click();
    await page.getByRole('button', { name: 'Cancel the evaluation of merged-ties' }).click();
    await page.getByText('The evaluation of merged-ties was cancelled.').waitFor();
  });

  test('are saved as CSV, shown in their folder, and taken from the list', async () => {
    await page.getByRole('button', { name: 'Export CSV' }).click();
    await expect
      .poll(() => page.evaluate(() => merging.host.saved.at(-1)?.data))
      .toContain('Evaluation,accuracy.mean,0.7312,');
    await page.getByRole('button', { name: 'Show the folder of merged-ties' }).click();
    await page.getByRole('button', { name: 'Open the report of merged-ties' }).click();
    await expect
      .poll(() => page.evaluate(() => merging.host.calls.slice(-2)))
      .toEqual(['reveal /home/someone/models/merged-ties', 'report /home/someone/models/merged-ties']);
    await page.getByRole('button', { name: 'Remove from the list: merged-ties' }).click();
    await expect.poll(() => columns().count()).toBe(2);
  });
});

test('charts of results follow the theme, are tables on demand, and have a menu', async () => {
  await openTab();
  const picture = () =>
    page
      .locator('canvas')
      .last()
      .evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
  const dark = await picture();
  await page.evaluate(() => setTheme('light'));
  await expect.poll(picture).not.toBe(dark);
  for (const way of ['Save as PNG', 'Save as SVG', 'Save table as CSV'])
    await exportChart('Cosine to cars', way);
  await expect.poll(() => page.evaluate(() => merging.host.saved.length)).toBe(3);
  const saved = await page.evaluate(() => merging.host.saved);
  const dataOf = (file: string) => saved.find(({ name }) => name === file)?.data ?? '';
  expect(dataOf('cosine-to-cars.png')).toMatch(/^iVBORw0KGgo/);
  expect(dataOf('cosine-to-cars.svg')).toMatch(/^<svg [^]*<title>Cosine to cars by layer: [^]*<\/svg>\n$/);
  const lines = dataOf('cosine-to-cars.csv').trim().split('\r\n');
  expect(lines[0]).toBe('layer,merged-task-arithmetic,merged-ties,merged-breadcrumbs');
  expect(lines).toHaveLength(LAYERS + 2);
  await page.getByRole('button', { name: 'Show as tables: By layer' }).click();
  const table = page.getByRole('table', { name: 'Sign conflicts' });
  await expect.poll(() => table.getByRole('row', { name: 'outside' }).count()).toBe(1);
  await page.reload();
  await table.waitFor();
});

test('results cannot be evaluated without a command, which is offered', async () => {
  await openTab({ scenario: 'unset' });
  expect(await page.getByRole('button', { name: 'Evaluate merged-ties' }).count()).toBe(0);
  await page.getByRole('button', { name: 'Set a command…' }).click();
  await expect.poll(() => page.evaluate(() => merging.host.calls)).toEqual(['setting']);
});

describe('what stays, and what goes wrong', () => {
  test('inputs and compared columns survive a reload', async () => {
    await openTab();
    await page.getByTestId('merge-method').selectOption('ties');
    await page.getByRole('slider', { name: 'weight of svhn' }).fill('0.25');
    await task('mnist').getByRole('checkbox').uncheck();
    await page.getByRole('button', { name: 'merged-ties', exact: true }).click();
    await page.waitForTimeout(300);
    await page.reload();
    await page.getByTestId('merge-preview').getByText('≈ 1.22 GB').waitFor();
    expect(await lastPlan()).toMatchObject({
      method: 'ties',
      taskParameters: { svhn: { weight: 0.25 } },
    });
    expect(await task('mnist').getByRole('checkbox').isChecked()).toBe(false);
    const pressed = page.getByRole('button', { name: 'merged-ties', exact: true });
    expect(await pressed.getAttribute('aria-pressed')).toBe('true');
  });

  test('methods that cannot be read say why, and are asked for again', async () => {
    page = await open({ scenario: 'refused' });
    await page.getByTestId('merge-error').getByText('cannot be run').waitFor();
    await page.getByRole('button', { name: 'Retry' }).click();
    await page.getByTestId('merge-method').waitFor();
  });

  test('an engine that takes long shows an outline', async () => {
    page = await open({ scenario: 'silent' });
    await page.getByRole('status').getByText('Asking for the merge methods').waitFor();
  });

  test('nothing of a file becomes markup', async () => {
    await openTab({ scenario: 'hostile' });
    await columns().first().waitFor();
    expect(await page.locator('#app img, #app script, #app b').count()).toBe(0);
    expect(await columns().first().textContent()).toContain('</script><img');
  });
});
