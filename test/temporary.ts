import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** A folder for this test file, removed after its tests. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tvq-test-'));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Makes unique paths in such a folder. */
export async function temporaryPaths(): Promise<(suffix?: string) => string> {
  const folder = await temporaryFolder();
  let made = 0;
  return (suffix = '') => join(folder, `${made++}${suffix}`);
}
