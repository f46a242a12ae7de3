/** Folders appear under their name only when complete, as files do. */
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { putBack } from './aside.ts';
import { checkTarget, mayReplace, syncFolder } from './atomic.ts';
import { exists } from './exists.ts';
import { describeSystemError } from '../shared/errors.ts';
import { OutputLock } from './lock/outputLock.ts';
import { freeName } from './otherNames.ts';

/** Where a folder is, and what could not be tidied up, one sentence each. */
export interface Published {
  readonly path: string;
  readonly notes: readonly string[];
}

/**
 * Gives a complete folder its name; a folder that it replaces is moved aside first, deleted last, and put back on
 * failure. If something that must not be replaced has the name, the folder gets another one.
 * @param lock of the target
 */
export async function publishFolder(
  temporary: string,
  lock: OutputLock,
  overwrite: boolean,
): Promise<Published> {
  const { target, aside } = lock;
  await syncFolder(temporary);
  const isFree = await mayReplace(target, { overwrite }, 'folder');
  await lock.check();
  const path = isFree ? target : await freeName(target, exists);
  const replaced = isFree && (await exists(target));
  if (replaced) await rename(target, aside);
  try {
    await rename(temporary, path);
  } catch (error) {
    if (replaced) await rename(aside, target);
    throw error;
  }
  await syncFolder(dirname(path));
  const left = (error: unknown) =>
    `${describeSystemError(error, aside).message}; it holds the model that was replaced, delete it`;
  const notes = replaced
    ? await rm(aside, { recursive: true, force: true }).then(
        () => [],
        (error: unknown) => [left(error)],
      )
    : [];
  return { path, notes };
}

/** A folder being filled under a temporary name beside its target. */
export class AtomicFolder {
  private constructor(
    /** Write the content here. */
    readonly temporary: string,
    /** The target's lock, which also covers what is written into the folder. */
    readonly lock: OutputLock,
    private readonly overwrite: boolean,
  ) {}

  /** @throws UserError when the target exists, cannot be replaced, or is being written */
  static async create(target: string, options: { overwrite: boolean }): Promise<AtomicFolder> {
    const lock = await OutputLock.take(target);
    try {
      await putBack(target);
      await checkTarget(target, options, 'folder');
      const temporary = lock.temporary();
      await mkdir(temporary);
      return new AtomicFolder(temporary, lock, options.overwrite);
    } catch (error) {
      await lock.release();
      throw describeSystemError(error, target);
    }
  }

  /** Gives the folder its name, or another one when it is taken. */
  async commit(): Promise<Published> {
    try {
      const published = await publishFolder(this.temporary, this.lock, this.overwrite);
      await this.lock.release();
      return published;
    } catch (error) {
      throw describeSystemError(error, this.lock.target);
    }
  }

  async discard(): Promise<void> {
    await rm(this.temporary, { recursive: true, force: true }).catch(() => undefined);
    await this.lock.release();
  }
}
