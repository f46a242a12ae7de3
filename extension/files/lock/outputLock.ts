/**
 * One writer per output: on one machine, in two containers, or on two hosts with a shared disk. The lock is a file
 * beside the output that names the writer. Its holder may change anything hidden beside the output.
 *
 * A process on the writer's machine asks the system whether the writer lives. Any other relies on the lock's heartbeat:
 * the file's modification time, which comes from the disk's clock only, so hosts need not agree on the time of day.
 *
 * A dead writer's lock is never removed: of two processes doing so, the second could remove the first one's new lock.
 * It is succeeded by a file named after the dead writer's token, which only one process can create. If that process
 * then finds the dead lock still in place, it holds the lock, and renames its file over the dead one.
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
/** A lock not renewed for this long is looked at more closely: a busy process, or a slow disk, may be late. */
const EXPIRY_MS = 12 * RENEWAL_MS;
/** A lock that seems dead is watched for this long, in case the disk's clock was set. */
const WATCH_MS = 2.2 * RENEWAL_MS;

/** Errors of file systems that have no links (exFAT, some network and user-space ones). */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EINVAL', 'EACCES', 'EXDEV']);

export class OutputLock {
  readonly #renewal: NodeJS.Timeout;

  private constructor(
    /** The output, absolute or as given. */
    readonly target: string,
    private readonly writer: Writer,
    private readonly removeParent: () => Promise<void>,
    /** What was found of an earlier run, one sentence each. */
    readonly notes: readonly string[],
  ) {
    const renew = () => void this.#renew().catch(() => undefined); // a beat may be missed; `check` reports
    this.#renewal = setInterval(renew, RENEWAL_MS).unref();
  }

  /**
   * Creates the output's folder if it is missing, and removes what dead writers left half done.
   * @throws BeingWritten when another process is writing the output
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

  /** A temporary name for the output, or for a file in it. */
  temporary(path = this.target): string {
    return hiddenName(path, this.writer.token, 'tmp');
  }

  /** A name for what had the output's name before. */
  get aside(): string {
    return hiddenName(this.target, this.writer.token, 'old');
  }

  /** To be called before any part of the output gets its name. @throws UserError when the lock has been taken over */
  async check(): Promise<void> {
    const found = await holderOf(this.target);
    if (found?.token === this.writer.token) return this.#renew();
    if (found) throw new BeingWritten(this.target, found);
    const lock = basename(lockName(this.target));
    throw new UserError(
      `${this.target}: its lock ${lock} was removed in the meantime; nothing was replaced, run it again`,
    );
  }

  /** Sets the lock's time by the disk's clock: rewrites its last byte. */
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

  /** Removes the lock, and the folders made for the output if they are empty. */
  async release(): Promise<void> {
    clearInterval(this.#renewal);
    if (!held.delete(this.writer.token)) return;
    const found = await holderOf(this.target).catch(() => undefined);
    // If it cannot be removed, it counts as a dead process's once this one has ended.
    if (found?.token === this.writer.token) await rm(found.file, { force: true }).catch(() => undefined);
    await this.removeParent();
  }
}

/** Which other process is writing an output right now, as far as a plan can tell without writing anything. */
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

/** @returns the dead writer's lock that was taken over */
async function acquire(target: string, writer: Writer): Promise<FoundLock | undefined> {
  const file = lockName(target);
  for (;;) {
    const asked = hiddenName(target, writer.token, 'tmp');
    try {
      const now = await write(asked, writer);
      const isFree = await appears(asked, file, writer);
      const other = await holderOf(target);
      if (other?.token === writer.token) return undefined; // also if a network disk's answer was lost
      if (isFree)
        throw new UserError(`${target}: its file system cannot keep two writers apart; choose another disk`);
      if (!other) continue;
      if (await lives(other, now)) throw new BeingWritten(target, other);
      const succession = hiddenName(target, other.token, 'lock');
      if (!(await appears(asked, succession, writer))) continue; // another process succeeds it
      if ((await holderOf(target))?.token === writer.token) {
        await rename(succession, file);
        return other;
      }
      await rm(succession, { force: true }); // another process had already taken over
    } finally {
      await rm(asked, { force: true }).catch(() => undefined);
    }
  }
}

/** Writes a lock under a unique name. @returns the time by the disk's clock */
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

/** Atomically gives a lock its name, if that is free. @returns whether it was */
async function appears(asked: string, file: string, writer: Writer): Promise<boolean> {
  try {
    await link(asked, file);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    // ENOENT: whoever got the lock meanwhile removed our file with the other leftovers.
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

/** @param now by the clock of the lock's disk */
async function lives(found: FoundLock, now: number): Promise<boolean> {
  if (found.writer && (await isNeighbour(found.writer))) return neighbourLives(found.writer);
  if (Math.abs(now - found.renewed) < EXPIRY_MS) return true;
  await sleep(WATCH_MS);
  const later = await readLock(found.file);
  return later?.token === found.token && later.renewed !== found.renewed;
}

/** Removes what only dead writers can have left. @returns the names of what was half done */
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
