import type { Page } from 'playwright-core';

/** Shows every chart in view as a table, one after the other: a click is heard a moment after it was made. */
export async function showTables(page: Page): Promise<void> {
  const buttons = page.getByRole('button', { name: 'Show as a table' });
  for (let left = await buttons.count(); left > 0; left--) {
    await buttons.first().click();
    await buttons.nth(left - 1).waitFor({ state: 'hidden' });
  }
}
