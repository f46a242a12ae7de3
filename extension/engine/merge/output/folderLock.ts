/** Keeps two processes from writing the same partial folder, also over a shared disk. */
import { readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../errors.ts';
import { isAlive } from '../../processes.ts';

const PREFIX = '.tvq-lock.';
const HOST = hostname().replace(/[^\w.-]/g, '_');

/** A process of another machine (or container) cannot be asked; its lock counts while it is renewed. */
const RENEWAL_MS = 15_000;
const EXPIRY_MS = 4 * RENEWAL_MS;

/** Locks this process holds: a process id is used again, in containers always for the same program. */
const held = new Set<string>();

export const isLock = (name: string): boolean => name.startsWith(PREFIX);

/** Path of a lock in this folder whose process lives, other than `own`; undefined when nobody else writes it. */
export async function liveLock(folder: string, own?: string): Promise<string | undefined> {
  for (const name of await readdir(folder)) {
    if (isLock(name) && name !== own && (await isLive(folder, name))) return join(folder, name);
  }
  return undefined;
}

async function removeDead(folder: string): Promise<void> {
  for (const name of (await readdir(folder)).filter(isLock)) {
    if (!(await isLive(folder, name))) await rm(join(folder, name), { force: true });
  }
}

async function isLive(folder: string, name: string): Promise<boolean> {
  const file = join(folder, name);
  const [, pid, host] = /^(\d+)@(.*)$/.exec(name.slice(PREFIX.length)) ?? [];
  if (host !== HOST) {
    const info = await stat(file).catch(() => undefined);
    return info !== undefined && Date.now() - info.mtimeMs < EXPIRY_MS;
  }
  return Number(pid) === process.pid ? held.has(file) : isAlive(Number(pid));
}

/** What to say to someone who meets a live lock. */
export const lockedBy = (target: string, lock: string): UserError =>
  new UserError(
    `${target}: another process is writing this model; wait for it, or delete ${lock} if there is none`,
  );

/** A process's own lock file: everybody adds theirs, then looks for others, so two can never both go on. */
export class FolderLock {
  static readonly #name = `${PREFIX}${process.pid}@${HOST}`;
  readonly #renewal: NodeJS.Timeout;

  private constructor(private readonly file: string) {
    held.add(file);
    const renew = () => void utimes(file, new Date(), new Date()).catch(() => undefined);
    this.#renewal = setInterval(renew, RENEWAL_MS).unref();
  }

  /** @param target named in the error when somebody else writes this folder */
  static async take(folder: string, target: string): Promise<FolderLock> {
    const file = join(folder, FolderLock.#name);
    if (held.has(file)) throw lockedBy(target, file);
    const lock = new FolderLock(file);
    try {
      await writeFile(file, '');
      const other = await liveLock(folder, FolderLock.#name);
      if (other !== undefined) throw lockedBy(target, other);
      await removeDead(folder);
      return lock;
    } catch (error) {
      await lock.release(folder);
      throw error;
    }
  }

  /** @param folder where the lock lies now: the folder may have been renamed */
  async release(folder: string): Promise<void> {
    clearInterval(this.#renewal);
    held.delete(this.file);
    await rm(join(folder, FolderLock.#name), { force: true });
  }
}
