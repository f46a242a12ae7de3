import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, inject } from 'vitest';

/** A folder of this test file's own, removed after its tests. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tvq-test-'));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Makes up paths in such a folder, no two alike. */
export const temporaryPaths = async () => pathsIn(await temporaryFolder());

/** As temporaryPaths, for what the test files of a process share: the folder is removed when all tests have ended. */
export const sharedPaths = async () => pathsIn(await mkdtemp(join(inject('sharedFolder'), 'process-')));

function pathsIn(folder: string): (suffix?: string) => string {
  let made = 0;
  return (suffix = '') => join(folder, `${made++}${suffix}`);
}
