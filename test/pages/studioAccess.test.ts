/** The Studio under axe-core and by keyboard alone: no serious violations in any tab or theme, all controls
 * reachable. */
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { controls, tabStops, violations } from './harness/accessibility.ts';
import { usePage } from './harness/usePage.ts';

let page: Page;
const visit = usePage('studio');

/** Opens the page at one of its tabs, with content in everything that may be empty. */
async function open(tab: string): Promise<void> {
  page = await visit({ height: 1000, query: '&tensors=16&tasks=2' });
  await page.getByTestId('tvq-row').first().waitFor();
  if (tab === 'Bits') await pin();
  await page.getByRole('tab', { name: tab }).click();
  await page.getByRole('tabpanel', { name: tab }).waitFor();
  if (tab === 'Merge') {
    await page.getByTestId('merge-column').first().waitFor();
    await page.getByTestId('merge-preview').getByText('≈ 1.22 GB').waitFor();
  }
}

async function pin(): Promise<void> {
  await page.getByTestId('tvq-pattern').fill('*.q_proj.*');
  await page.getByText('Set bits…').click();
  await page.getByRole('menuitemradio', { name: 'At least 3 bits' }).click();
  await page.getByTestId('tvq-rule').waitFor();
}

/** Brings what a tab can show on the page, and has axe look at it. */
const JOURNEYS = {
  async Sensitivity() {
    await page.getByRole('grid', { name: /^Sensitivity/ }).focus();
    await page.keyboard.press('ArrowRight');
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Show as a table: Sensitivity by layer' }).click();
    await page.getByRole('button', { name: 'Export: Sensitivity by kind' }).click();
    expect(await violations(page)).toEqual([]);
  },

  async Bits() {
    await page.getByTestId('tvq-quantize').click();
    await page.getByTestId('tvq-measured-size').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByTestId('tvq-budget').fill('much');
    await page.getByRole('button', { name: 'Show as a table: Bytes by layer' }).click();
    await page.getByRole('button', { name: 'Show as a table: Bits by layer' }).click();
    await page.getByTestId('tvq-pattern').fill('*.k_proj.*');
    await page.getByText('Set bits…').click();
    await page.getByTestId('tvq-menu').waitFor();
    expect(await violations(page)).toEqual([]);
  },

  async Merge() {
    await page.getByRole('button', { name: 'merged-ties', exact: true }).click();
    await page.getByRole('button', { name: 'merged-task-arithmetic', exact: true }).click();
    await page.getByTestId('merge-difference').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Show as tables: By layer' }).click();
    await page.getByTestId('merge-method').selectOption('ties');
    await page.getByTestId('merge-parameter-density').getByRole('textbox').fill('1,5');
    await page.getByText('Write a number, for example 0.5').waitFor();
    expect(await violations(page)).toEqual([]);
    for (const name of ['merged-task-arithmetic', 'merged-ties', 'merged-breadcrumbs'])
      await page.getByRole('button', { name: `Remove from the list: ${name}` }).click();
    await page.getByText('Nothing is merged yet').waitFor();
    expect(await violations(page)).toEqual([]);
  },
} as const;

describe.each(['Sensitivity', 'Bits', 'Merge'] as const)('the tab “%s”', tab => {
  beforeAll(() => open(tab));

  test('has every control as one stop of Tab', async () => {
    const expected = await controls(page);
    expect(expected.length).toBeGreaterThan(8);
    expect(expected.every(name => name !== '')).toBe(true);
    expect((await tabStops(page)).sort()).toEqual(expected.sort());
  });

  test('has nothing serious for axe, in any theme', () => JOURNEYS[tab]());
});
