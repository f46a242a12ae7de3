/** Where an unfinished model folder lies: beside its target, under a name that tells what it is a part of. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { putBack } from '../../aside.ts';
import { alreadyThere, exists } from '../../atomic.ts';
import { describeSystemError } from '../../errors.ts';
import { hiddenBeside, hiddenName } from '../../hiddenNames.ts';
import { OutputLock } from '../../lock/outputLock.ts';
import { checkReplaceable } from '../../replaceable.ts';
import { TOOL } from '../../version.ts';
import { JOURNAL } from './journal.ts';
import type { Shard } from './shards.ts';

/** Its id is a fingerprint: shards of another recipe, other inputs, another layout or version never match. */
function partialPath(target: string, fingerprint: string, shards: readonly Shard[]): string {
  const layout = shards.map(({ name, tensors }) => [
    name,
    tensors.map(tensor => [tensor.name, tensor.dtype, tensor.shape]),
  ]);
  const hash = createHash('sha256').update(JSON.stringify([TOOL, fingerprint, layout]));
  return hiddenName(target, hash.digest('hex').slice(0, 16), 'partial');
}

export interface PartialFolder {
  readonly partial: string;
  /** Of the target. */
  readonly lock: OutputLock;
  /** Those of interrupted runs that would write something else. */
  readonly others: readonly string[];
}

/**
 * Locks the target, and makes or finds the partial folder of a run. Without `resume`, what interrupted runs left is
 * removed.
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
  const lock = await OutputLock.take(target);
  try {
    await putBack(target);
    if (asked.overwrite) await checkReplaceable(target, 'folder');
    else if (await exists(target)) throw alreadyThere(target);
    const partial = partialPath(target, asked.fingerprint, asked.shards);
    const earlier = await partialsOf(target);
    if (!asked.resume) await removeAll(earlier);
    await mkdir(partial, { recursive: true });
    return { partial, lock, others: earlier.filter(folder => folder !== partial) };
  } catch (error) {
    await lock.release();
    throw describeSystemError(error, target);
  }
}

/** Partial folders of any run into this target: nobody's but of who holds its lock. */
export const partialsOf = (target: string): Promise<string[]> => hiddenBeside(target, 'partial');

export async function removeAll(folders: readonly string[]): Promise<void> {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
}

/** Removes what an interrupted run left behind, but for what `keep` names and the journal. */
export async function clearPartial(folder: string, keep: ReadonlyMap<string, unknown>): Promise<void> {
  for (const name of await readdir(folder)) {
    if (keep.has(name) || name === JOURNAL) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}
