import type { Locator } from 'playwright-core';

/** Whether an element appears, or disappears, within this time. */
export function reaches(
  item: Locator,
  state: 'visible' | 'hidden' | 'detached',
  timeout: number,
): Promise<boolean> {
  return item.waitFor({ state, timeout }).then(
    () => true,
    () => false,
  );
}
