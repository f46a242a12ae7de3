import type { Page } from 'playwright-core';

/** Shows every chart in view as a table, one after another, because clicks are handled with a delay. */
export async function showTables(page: Page): Promise<void> {
  const buttons = page.getByRole('button', { name: 'Show as a table' });
  for (let left = await buttons.count(); left > 0; left--) {
    await buttons.first().click();
    await buttons.nth(left - 1).waitFor({ state: 'hidden' });
  }
}
