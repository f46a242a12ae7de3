/**
 * One writer an output: on one machine, in two containers, on two hosts over a shared disk. The lock is a file beside
 * the output that says who writes. Whoever holds it may do as they like with everything that hides beside the output.
 *
 * A process that is neighbour to the writer asks the system whether it lives. Any other goes by the lock's heartbeat: the
 * file's own time, which the disk's clock gives and no other, so that hosts need not agree about the time of day.
 *
 * A dead writer's lock is never removed, which two could do one after the other, the second removing the first one's
 * new lock. It is succeeded: by a file whose name is made of the dead one's token, and which only one can make. Who made
 * it, and finds that the dead lock is still the output's, holds the lock, and gives it the dead one's place.
 */
import { link, open, rename, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeSystemError, UserError } from '../../shared/errors.ts';
import { hiddenBeside, hiddenName, lockName } from '../hiddenNames.ts';
import { makeParent } from '../parentFolder.ts';
import { BeingWritten } from './beingWritten.ts';
import {
  held,
  isNeighbour,
  neighbourLives,
  newWriter,
  readLock,
  type FoundLock,
  type Writer,
} from './writer.ts';

/** Between two beats of a lock. */
const RENEWAL_MS = 5_000;
/** A lock that was not renewed for so long is looked at more closely: a busy process, or a slow disk, may be late. */
const EXPIRY_MS = 12 * RENEWAL_MS;
/** So long a lock that seems dead is watched, in case that the disk's clock was set. */
const WATCH_MS = 2.2 * RENEWAL_MS;

/** Errors of file systems that have no links (exFAT, some network and user-space ones). */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EINVAL', 'EACCES', 'EXDEV']);

export class OutputLock {
  readonly #renewal: NodeJS.Timeout;

  private constructor(
    /** The output, absolute or as it was asked for. */
    readonly target: string,
    private readonly writer: Writer,
    private readonly removeParent: () => Promise<void>,
    /** What was found of an earlier run, a sentence each. */
    readonly notes: readonly string[],
  ) {
    const renew = () => void this.#renew().catch(() => undefined); // a beat may be missed; `check` tells
    this.#renewal = setInterval(renew, RENEWAL_MS).unref();
  }

  /**
   * Makes the folder that the output goes into, where it is missing, and removes what dead writers left half done.
   * @throws BeingWritten when somebody else writes the output
   */
  static async take(target: string): Promise<OutputLock> {
    let removeParent = async () => Promise.resolve();
    const writer = await newWriter();
    held.add(writer.token);
    try {
      removeParent = await makeParent(target);
      const dead = await acquire(target, writer);
      const removed = await removeLeft(target, writer.token);
      const notes = removed.length > 0 ? [leftNote(target, dead, removed)] : [];
      return new OutputLock(target, writer, removeParent, notes);
    } catch (error) {
      held.delete(writer.token);
      await removeParent();
      throw describeSystemError(error, target);
    }
  }

  /** A name for what will be the output, or a file in it. */
  temporary(path = this.target): string {
    return hiddenName(path, this.writer.token, 'tmp');
  }

  /** A name for what had the output's before. */
  get aside(): string {
    return hiddenName(this.target, this.writer.token, 'old');
  }

  /** To be asked before anything of the output is given its name. @throws UserError when the lock is somebody else's by now */
  async check(): Promise<void> {
    const found = await holderOf(this.target);
    if (found?.token === this.writer.token) return this.#renew();
    if (found) throw new BeingWritten(this.target, found);
    const lock = basename(lockName(this.target));
    throw new UserError(
      `${this.target}: its lock ${lock} was removed in the meantime; nothing was replaced, run it again`,
    );
  }

  /** Gives the disk's time to the lock: its last byte is written again. */
  async #renew(): Promise<void> {
    const text = textOf(this.writer);
    const handle = await open(lockName(this.target), 'r+');
    try {
      if (!(await handle.readFile()).equals(text)) return;
      await handle.write(text, text.length - 1, 1, text.length - 1);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  /** Removes the lock, and the folders that were made for the output where they are empty. */
  async release(): Promise<void> {
    clearInterval(this.#renewal);
    if (!held.delete(this.writer.token)) return;
    const found = await holderOf(this.target).catch(() => undefined);
    // What cannot be removed is a dead process's as soon as this one has ended.
    if (found?.token === this.writer.token) await rm(found.file, { force: true }).catch(() => undefined);
    await this.removeParent();
  }
}

/** Who writes an output here and now, other than this process: what a plan can say without writing anything. */
export async function neighbourWriting(target: string): Promise<BeingWritten | undefined> {
  const found = await holderOf(target).catch(() => undefined);
  if (!found?.writer || held.has(found.token) || !(await isNeighbour(found.writer))) return undefined;
  return (await neighbourLives(found.writer)) ? new BeingWritten(target, found) : undefined;
}

const textOf = (writer: Writer): Buffer => Buffer.from(`${JSON.stringify(writer)}\n`);

/** The output's lock, or the one that succeeds it while it is taken over. */
async function holderOf(target: string): Promise<FoundLock | undefined> {
  let found = await readLock(lockName(target));
  const seen = new Set<string>();
  while (found && !seen.has(found.token)) {
    seen.add(found.token);
    const next = await readLock(hiddenName(target, found.token, 'lock'));
    if (!next) break;
    found = next;
  }
  return found;
}

/** @returns the dead writer whose lock was taken over */
async function acquire(target: string, writer: Writer): Promise<FoundLock | undefined> {
  const file = lockName(target);
  for (;;) {
    const asked = hiddenName(target, writer.token, 'tmp');
    try {
      const now = await write(asked, writer);
      const isFree = await appears(asked, file, writer);
      const other = await holderOf(target);
      if (other?.token === writer.token) return undefined; // also where a network disk lost its answer
      if (isFree)
        throw new UserError(`${target}: its file system cannot keep two writers apart; choose another disk`);
      if (!other) continue;
      if (await lives(other, now)) throw new BeingWritten(target, other);
      const succession = hiddenName(target, other.token, 'lock');
      if (!(await appears(asked, succession, writer))) continue; // somebody else succeeds it
      if ((await holderOf(target))?.token === writer.token) {
        await rename(succession, file);
        return other;
      }
      await rm(succession, { force: true }); // it was another's turn before
    } finally {
      await rm(asked, { force: true }).catch(() => undefined);
    }
  }
}

/** Writes a lock under a name of its own. @returns the time by the disk's clock */
async function write(file: string, writer: Writer): Promise<number> {
  const handle = await open(file, 'w');
  try {
    await handle.writeFile(textOf(writer));
    await handle.sync();
    return (await handle.stat()).mtimeMs;
  } finally {
    await handle.close();
  }
}

/** Gives a lock its name, which must be free, all of it at once. @returns whether it was */
async function appears(asked: string, file: string, writer: Writer): Promise<boolean> {
  try {
    await link(asked, file);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    // Gone: whoever got the lock meanwhile has removed it with what else was there.
    if (code === 'EEXIST' || code === 'ENOENT') return false;
    if (!NO_LINKS.has(code)) throw error;
  }
  try {
    const handle = await open(file, 'wx');
    await handle.writeFile(textOf(writer));
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** @param now by the clock of the disk on which the lock lies */
async function lives(found: FoundLock, now: number): Promise<boolean> {
  if (found.writer && (await isNeighbour(found.writer))) return neighbourLives(found.writer);
  if (Math.abs(now - found.renewed) < EXPIRY_MS) return true;
  await sleep(WATCH_MS);
  const later = await readLock(found.file);
  return later?.token === found.token && later.renewed !== found.renewed;
}

/** Removes what no living writer can have left. @returns the names of what was half done */
async function removeLeft(target: string, own: string): Promise<string[]> {
  const removed: string[] = [];
  for (const path of await hiddenBeside(target, 'tmp')) {
    if (path === hiddenName(target, own, 'tmp')) continue;
    const gone = await rm(path, { recursive: true, force: true }).then(
      () => true,
      () => false,
    );
    if (gone) removed.push(basename(path));
  }
  for (const path of await hiddenBeside(target, 'lock')) await rm(path, { force: true });
  return removed;
}

function leftNote(target: string, dead: FoundLock | undefined, removed: readonly string[]): string {
  const who = dead?.writer ? `process ${dead.writer.pid} on ${dead.writer.host}` : 'an earlier run';
  return `${target}: ${who} ended before it was complete; removed what it left: ${removed.join(', ')}`;
}
