/** What a killed process left of the outputs it was writing: hidden, and as large as the outputs. */
import { rm } from 'node:fs/promises';
import { putBack } from './aside.ts';
import { hiddenBeside, lockName } from './hiddenNames.ts';
import { BeingWritten } from './lock/beingWritten.ts';
import { OutputLock } from './lock/outputLock.ts';
import { readLock } from './lock/writer.ts';

/**
 * Removes them, and puts back what was being replaced, if no living process writes the output.
 * @returns whether one does
 */
export async function removeLeftovers(output: string): Promise<boolean> {
  if (!(await hasLeftovers(output))) return false;
  try {
    const lock = await OutputLock.take(output); // this removes what was half done
    try {
      await putBack(output);
      await removeAll(await hiddenBeside(output, 'partial'));
    } finally {
      await lock.release();
    }
    return false;
  } catch (error) {
    return error instanceof BeingWritten; // the next writer reports anything else
  }
}

export async function removeAll(folders: readonly string[]): Promise<void> {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
}

async function hasLeftovers(output: string): Promise<boolean> {
  const hidden = await Promise.all(
    (['tmp', 'old', 'partial'] as const).map(kind => hiddenBeside(output, kind)),
  );
  return hidden.flat().length > 0 || (await readLock(lockName(output)).catch(() => undefined)) !== undefined;
}
