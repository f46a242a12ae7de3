/** Where an unfinished model folder lies: beside its target, under a name that tells what it is a part of. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { putBack } from '../../aside.ts';
import { alreadyThere, exists } from '../../atomic.ts';
import { describeSystemError } from '../../errors.ts';
import { makeParent } from '../../parentFolder.ts';
import { checkReplaceable } from '../../replaceable.ts';
import { TOOL } from '../../version.ts';
import { FolderLock, isLock, liveLock, lockedBy } from './folderLock.ts';
import { JOURNAL } from './journal.ts';
import type { Shard } from './shards.ts';

const SUFFIX = '.tvq-partial';

/** `.NAME.FINGERPRINT.tvq-partial`: shards of another recipe, other inputs, another layout or version never match. */
function partialPath(target: string, fingerprint: string, shards: readonly Shard[]): string {
  const layout = shards.map(({ name, tensors }) => [
    name,
    tensors.map(tensor => [tensor.name, tensor.dtype, tensor.shape]),
  ]);
  const hash = createHash('sha256').update(JSON.stringify([TOOL, fingerprint, layout]));
  return join(dirname(target), `.${basename(target)}.${hash.digest('hex').slice(0, 16)}${SUFFIX}`);
}

export interface PartialFolder {
  readonly partial: string;
  readonly lock: FolderLock;
  /** Removes the folders that were made for it, where they are empty. */
  readonly removeParent: () => Promise<void>;
  /** Those of interrupted runs that would write something else. */
  readonly others: readonly string[];
}

/**
 * Makes or finds the partial folder of a run and locks it. Without `resume`, what interrupted runs left is removed.
 * @throws UserError when the target is there already, cannot be replaced, or is being written
 */
export async function takePartial(asked: {
  readonly target: string;
  readonly overwrite: boolean;
  readonly resume: boolean;
  readonly fingerprint: string;
  readonly shards: readonly Shard[];
}): Promise<PartialFolder> {
  const { target } = asked;
  try {
    await putBack(target);
    if (asked.overwrite) await checkReplaceable(target, 'folder');
    else if (await exists(target)) throw alreadyThere(target);
    const removeParent = await makeParent(target);
    const partial = partialPath(target, asked.fingerprint, asked.shards);
    const earlier = await partialsOf(target);
    if (!asked.resume) await removeAll(earlier);
    await mkdir(partial, { recursive: true });
    const lock = await FolderLock.take(partial, target);
    return { partial, lock, removeParent, others: earlier.filter(folder => folder !== partial) };
  } catch (error) {
    throw describeSystemError(error, target);
  }
}

/** Partial folders of any run into this target. @throws UserError when one of them is being written */
export async function partialsOf(target: string): Promise<string[]> {
  const prefix = `.${basename(target)}.`;
  const names = (await readdir(dirname(target))).filter(
    name => name.startsWith(prefix) && /^[0-9a-f]{16}\.tvq-partial$/.test(name.slice(prefix.length)),
  );
  const folders = names.map(name => join(dirname(target), name));
  for (const folder of folders) {
    const lock = await liveLock(folder);
    if (lock !== undefined) throw lockedBy(target, lock);
  }
  return folders;
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
