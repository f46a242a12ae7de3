import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, inject } from 'vitest';

/** A folder for this test file, removed after its tests. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tvq-test-'));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Makes unique paths in such a folder. */
export const temporaryPaths = async () => pathsIn(await temporaryFolder());

/** Like temporaryPaths, for files that the tests of a process share: removed when all tests have ended. */
export const sharedPaths = async () => pathsIn(await mkdtemp(join(inject('sharedFolder'), 'process-')));

function pathsIn(folder: string): (suffix?: string) => string {
  let made = 0;
  return (suffix = '') => join(folder, `${made++}${suffix}`);
}
