/** Where an unfinished model folder is: beside its target, under a name that tells what it belongs to. */
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { putBack } from '../../../files/aside.ts';
import { checkTarget } from '../../../files/atomic.ts';
import { exists } from '../../../files/exists.ts';
import { describeSystemError } from '../../../shared/errors.ts';
import { removeAll } from '../../../files/leftovers.ts';
import { hiddenBeside, hiddenId, hiddenName, JOURNAL } from '../../../files/hiddenNames.ts';
import { OutputLock } from '../../../files/lock/outputLock.ts';
import { readJournal } from './journal.ts';
import { completed, digestOfRun, type RunIdentity } from './runIdentity.ts';
import type { Shard } from './shards.ts';

export interface PartialFolder {
  readonly partial: string;
  /** What is written there: shards of another recipe, other inputs, another layout or version never match. */
  readonly run: RunIdentity;
  /** Of the target. */
  readonly lock: OutputLock;
  /** Partial folders of interrupted runs that would write something else. */
  readonly others: readonly string[];
  /** What was removed, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * Locks the target, and makes or finds the partial folder of a run. Without `resume`, leftovers of interrupted runs are
 * removed.
 * @throws UserError when the target exists, cannot be replaced, or is being written
 */
export async function takePartial(asked: {
  readonly target: string;
  readonly overwrite: boolean;
  readonly resume: boolean;
  readonly run: RunIdentity;
  readonly shards: readonly Shard[];
}): Promise<PartialFolder> {
  const { target } = asked;
  const lock = await OutputLock.take(target);
  try {
    await putBack(target);
    await checkTarget(target, asked, 'folder');
    const run = completed(asked.run, asked.shards);
    const partial = hiddenName(target, digestOfRun(run), 'partial');
    const earlier = await partialsOf(target);
    await returnJournals(target);
    const notes = asked.resume ? [] : await removeUnused(earlier);
    await mkdir(partial, { recursive: true });
    return { partial, run, lock, others: earlier.filter(folder => folder !== partial), notes };
  } catch (error) {
    await lock.release();
    throw describeSystemError(error, target);
  }
}

/** Partial folders of any run into this target; only the holder of its lock may use them. */
export const partialsOf = (target: string): Promise<string[]> => hiddenBeside(target, 'partial');

/** Bytes held by interrupted runs into this target: they are reused, or freed. */
export async function partialBytes(target: string): Promise<number> {
  const sizeOf = (path: string) =>
    stat(path).then(
      ({ size }) => size,
      () => 0,
    );
  let bytes = 0;
  for (const folder of await partialsOf(target)) {
    for (const file of await readdir(folder).catch((): string[] => []))
      bytes += await sizeOf(join(folder, file));
  }
  return bytes;
}

/** Removes partial folders that are not resumed, and reports them. */
async function removeUnused(folders: readonly string[]): Promise<string[]> {
  const notes: string[] = [];
  for (const folder of folders) {
    const finished = (await readJournal(folder))?.shards.length ?? 0;
    await removeAll([folder]);
    notes.push(
      `${folder}: left by an interrupted run with ${finished} finished weight files; removed, as everything is written ` +
        'anew where nothing is resumed',
    );
  }
  return notes;
}

/**
 * Takes the journal out of a folder that is about to get the model's name, so that the model does not contain it.
 * @returns functions that put it back, or remove it
 */
export async function parkJournal(
  target: string,
  partial: string,
): Promise<{ putBack(): Promise<void>; remove(): Promise<void> }> {
  const parked = hiddenName(target, hiddenId(partial), 'journal');
  await rename(join(partial, JOURNAL), parked);
  return {
    putBack: () => rename(parked, join(partial, JOURNAL)),
    remove: () => rm(parked, { force: true }),
  };
}

/** Puts back journals parked by a run that died; deletes those of complete models. */
async function returnJournals(target: string): Promise<void> {
  for (const parked of await hiddenBeside(target, 'journal')) {
    const folder = hiddenName(target, hiddenId(parked), 'partial');
    if (await exists(folder)) await rename(parked, join(folder, JOURNAL));
    else await rm(parked, { force: true });
  }
}

/** Removes what an interrupted run left behind, except the journal and what `keep` names. */
export async function clearPartial(folder: string, keep: ReadonlyMap<string, unknown>): Promise<void> {
  for (const name of await readdir(folder)) {
    if (keep.has(name) || name === JOURNAL) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}
