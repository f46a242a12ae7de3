/** The inspector under axe-core: no serious violations in any pane or theme. */
import { expect, test } from 'vitest';
import { violations } from './harness/accessibility.ts';
import { usePage } from './harness/usePage.ts';

const open = usePage('inspector');

test('axe finds nothing serious in any pane', async () => {
  const page = await open({ rows: 20, height: 1000 });
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
});
