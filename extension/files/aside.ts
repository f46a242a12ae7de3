/**
 * What is being replaced: moved aside while the new takes its name, and deleted last. A process that dies in between
 * leaves it there, and the next one that looks for it puts it back.
 */
import { rename, rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { UserError } from '../shared/errors.ts';
import { hiddenBeside } from './hiddenNames.ts';
import { BeingWritten } from './lock/beingWritten.ts';

/**
 * For whoever holds the output's lock: puts back what a dead process moved aside, deletes it where the new one has its
 * name. Where several are left, the last that was there is put back.
 * @returns whether something was put back
 */
export async function putBack(target: string): Promise<boolean> {
  const left = await hiddenBeside(target, 'old');
  // Moving a folder changes this time of its own, whatever happened inside of it before.
  const timed = await Promise.all(left.map(async path => ({ path, time: (await stat(path)).ctimeMs })));
  const [last, ...older] = timed.sort((a, b) => b.time - a.time).map(({ path }) => path);
  if (last === undefined) return false;
  const isThere = await stat(target).then(
    () => true,
    () => false,
  );
  if (!isThere) await rename(last, target);
  for (const path of isThere ? [last, ...older] : older) await rm(path, { recursive: true, force: true });
  return !isThere;
}

/**
 * For whoever reads: puts back what is missing because a process died while it replaced it; nothing while one does.
 * @returns whether something was put back
 * @throws UserError when it cannot be put back, saying where it is
 */
export async function recover(target: string): Promise<boolean> {
  const [aside] = await hiddenBeside(target, 'old');
  if (aside === undefined) return false;
  try {
    // Who reads needs locks only here: they are loaded when something was left.
    const { OutputLock } = await import('./lock/outputLock.ts');
    const lock = await OutputLock.take(target);
    return await putBack(target).finally(() => lock.release());
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
