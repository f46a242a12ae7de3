/** Test files share modules, so that each is loaded once; a file that mocks some has its own. */
import { afterAll, vi } from 'vitest';

/**
 * For files with `vi.mock`: `vi.hoisted(() => vi.resetModules())` before it lets the mocks reach what other files have imported,
 * and this gives the files after it the real modules back.
 */
export function returnModules(...mocked: readonly string[]): void {
  afterAll(() => {
    for (const name of mocked) vi.doUnmock(name);
    vi.resetModules();
  });
}
