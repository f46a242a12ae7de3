/** Where an unfinished model folder lies: beside its target, under a name that tells what it is a part of. */
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { putBack } from '../../aside.ts';
import { alreadyThere, exists } from '../../atomic.ts';
import { describeSystemError } from '../../errors.ts';
import { makeParent } from '../../parentFolder.ts';
import { checkReplaceable } from '../../replaceable.ts';
import { FolderLock, isLock, liveLock, lockedBy } from './folderLock.ts';
import { JOURNAL, readJournal } from './journal.ts';
import { completed, digestOfRun, type RunIdentity } from './runIdentity.ts';
import type { Shard } from './shards.ts';

const SUFFIX = '.tvq-partial';

/** What a journal's name beside its folder ends with, while the folder is given the model's name. */
const PARKED_SUFFIX = '.tvq-journal';

/** `.NAME.DIGEST.tvq-partial`: shards of another recipe, other inputs, another layout or version never match. */
const partialPath = (target: string, run: RunIdentity): string =>
  join(dirname(target), `.${basename(target)}.${digestOfRun(run)}${SUFFIX}`);

const parkedPath = (partial: string): string => partial.slice(0, -SUFFIX.length) + PARKED_SUFFIX;

export interface PartialFolder {
  readonly partial: string;
  /** What is written there. */
  readonly run: RunIdentity;
  readonly lock: FolderLock;
  /** Removes the folders that were made for it, where they are empty. */
  readonly removeParent: () => Promise<void>;
  /** Those of interrupted runs that would write something else. */
  readonly others: readonly string[];
  /** What was removed, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * Makes or finds the partial folder of a run and locks it. Without `resume`, what interrupted runs left is removed.
 * @throws UserError when the target is there already, cannot be replaced, or is being written
 */
export async function takePartial(asked: {
  readonly target: string;
  readonly overwrite: boolean;
  readonly resume: boolean;
  readonly run: RunIdentity;
  readonly shards: readonly Shard[];
}): Promise<PartialFolder> {
  const { target } = asked;
  try {
    await putBack(target);
    if (asked.overwrite) await checkReplaceable(target, 'folder');
    else if (await exists(target)) throw alreadyThere(target);
    const removeParent = await makeParent(target);
    const run = completed(asked.run, asked.shards);
    const partial = partialPath(target, run);
    const earlier = await partialsOf(target);
    await returnJournals(target);
    const notes = asked.resume ? [] : await removeUnused(earlier);
    await mkdir(partial, { recursive: true });
    const lock = await FolderLock.take(partial, target);
    return { partial, run, lock, removeParent, others: earlier.filter(folder => folder !== partial), notes };
  } catch (error) {
    throw describeSystemError(error, target);
  }
}

/** Names of this target's folders or parked journals of any run. */
async function namesBeside(target: string, suffix: string): Promise<string[]> {
  const prefix = `.${basename(target)}.`;
  const names = await readdir(dirname(target));
  return names.filter(
    name =>
      name.startsWith(prefix) &&
      name.endsWith(suffix) &&
      /^[0-9a-f]{16}$/.test(name.slice(prefix.length, -suffix.length)),
  );
}

/** Partial folders of any run into this target. @throws UserError when one of them is being written */
export async function partialsOf(target: string): Promise<string[]> {
  const folders = (await namesBeside(target, SUFFIX)).map(name => join(dirname(target), name));
  for (const folder of folders) {
    const lock = await liveLock(folder);
    if (lock !== undefined) throw lockedBy(target, lock);
  }
  return folders;
}

/** Bytes that interrupted runs into this target hold: they are taken over, or make room. */
export async function partialBytes(target: string): Promise<number> {
  const sizeOf = (path: string) =>
    stat(path).then(
      ({ size }) => size,
      () => 0,
    );
  let bytes = 0;
  for (const name of await namesBeside(target, SUFFIX).catch((): string[] => [])) {
    const folder = join(dirname(target), name);
    for (const file of await readdir(folder).catch((): string[] => []))
      bytes += await sizeOf(join(folder, file));
  }
  return bytes;
}

/** Removes what is not asked for again, and says what that was. */
async function removeUnused(folders: readonly string[]): Promise<string[]> {
  const notes: string[] = [];
  for (const folder of folders) {
    const finished = (await readJournal(folder))?.shards.length ?? 0;
    await removeAll([folder]);
    notes.push(
      `${folder}: left by an interrupted run with ${finished} finished weight files; removed, as without --resume ` +
        'everything is written anew',
    );
  }
  return notes;
}

/**
 * Takes the journal out of a folder that is about to get the model's name, so that nothing of it is left inside.
 * @returns puts it back, or removes it
 */
export async function parkJournal(
  partial: string,
): Promise<{ putBack(): Promise<void>; remove(): Promise<void> }> {
  const parked = parkedPath(partial);
  await rename(join(partial, JOURNAL), parked);
  return {
    putBack: () => rename(parked, join(partial, JOURNAL)),
    remove: () => rm(parked, { force: true }),
  };
}

/** Puts journals back that a run which died had parked; those of models that are complete go. */
async function returnJournals(target: string): Promise<void> {
  for (const name of await namesBeside(target, PARKED_SUFFIX)) {
    const parked = join(dirname(target), name);
    const folder = parked.slice(0, -PARKED_SUFFIX.length) + SUFFIX;
    if (await exists(folder)) await rename(parked, join(folder, JOURNAL));
    else await rm(parked, { force: true });
  }
}

export async function removeAll(folders: readonly string[]): Promise<void> {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
}

/** Removes what an interrupted run left behind, but for what `keep` names, the journal and locks. */
export async function clearPartial(folder: string, keep: ReadonlyMap<string, unknown>): Promise<void> {
  for (const name of await readdir(folder)) {
    if (keep.has(name) || name === JOURNAL || isLock(name)) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}
