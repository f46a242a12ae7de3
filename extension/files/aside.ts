/**
 * What is being replaced is moved aside while the new output takes its name, and deleted last. If a process dies in
 * between, the next one that looks for it puts it back.
 */
import { rename, rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { UserError } from '../shared/errors.ts';
import { exists } from './exists.ts';
import { hiddenBeside } from './hiddenNames.ts';
import { BeingWritten } from './lock/beingWritten.ts';

/**
 * For the holder of the output's lock: puts back what a dead process moved aside, or deletes it if the new one has its
 * name. If several are left, the most recent one is put back.
 * @returns whether something was put back
 */
export async function putBack(target: string): Promise<boolean> {
  const left = await hiddenBeside(target, 'old');
  // Moving a folder changes this time of the folder itself, whatever happened inside it before.
  const timed = await Promise.all(left.map(async path => ({ path, time: (await stat(path)).ctimeMs })));
  const [last, ...older] = timed.sort((a, b) => b.time - a.time).map(({ path }) => path);
  if (last === undefined) return false;
  const isThere = await exists(target);
  if (!isThere) await rename(last, target);
  for (const path of isThere ? [last, ...older] : older) await rm(path, { recursive: true, force: true });
  return !isThere;
}

/**
 * For readers: puts back what is missing because a process died while replacing it; does nothing while one is at it.
 * @returns whether something was put back
 * @throws UserError when it cannot be put back, saying where it is
 */
export async function recover(target: string): Promise<boolean> {
  const [aside] = await hiddenBeside(target, 'old');
  if (aside === undefined) return false;
  try {
    // Readers need locks only here, so they are loaded only if something was left.
    const { OutputLock } = await import('./lock/outputLock.ts');
    const lock = await OutputLock.take(target);
    try {
      return await putBack(target);
    } finally {
      await lock.release();
    }
  } catch (error) {
    if (error instanceof BeingWritten) return false;
    const why = error instanceof Error ? error.message : String(error);
    throw new UserError(
      [
        `${target}: a run that was replacing it ended halfway; it is now "${basename(aside)}" beside it, which`,
        `cannot be put back: ${why}`,
      ],
      'failed',
      { cause: error },
    );
  }
}
