import { mkdir, rmdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * Makes the folder that an output goes into.
 * @returns takes that back: of the folders that were made, those that hold nothing are removed
 */
export async function makeParent(target: string): Promise<() => Promise<void>> {
  const parent = dirname(resolve(target));
  const first = await mkdir(parent, { recursive: true });
  return async () => {
    if (first === undefined) return;
    const end = dirname(resolve(first));
    for (let folder = parent; folder !== end; folder = dirname(folder)) {
      try {
        await rmdir(folder);
      } catch {
        return; // it is not empty
      }
    }
  };
}
