/** Who writes an output, according to its lock, and whether that process is still alive. */
import { createHash, randomBytes } from 'node:crypto';
import { lstat, open, readFile, readlink } from 'node:fs/promises';
import { hostname, networkInterfaces, uptime } from 'node:os';
import * as z from 'zod';
import { readUpTo } from '../wholeCalls.ts';
import { describeSystemError, UserError } from '../../shared/errors.ts';
import { isRunning, startOf } from '../processes.ts';

const schema = z.object({
  version: z.literal(1),
  /** Unique among all locks. */
  token: z.string().regex(/^[0-9a-f]{16}$/),
  host: z.string().max(300),
  /** Equal for processes that see the same process ids: on one machine since the same boot, and in one container. */
  place: z.string().max(300),
  pid: z.int().positive(),
  /** When the process started, if the system says. */
  started: z.string().max(30).optional(),
  /** When the lock was taken, by the writer's clock; only for people to read. */
  since: z.iso.datetime(),
});

export type Writer = z.infer<typeof schema>;

/** A lock is a few hundred bytes. */
const MAX_LOCK_BYTES = 4096;

/** A lock that was found. */
export interface FoundLock {
  readonly file: string;
  readonly token: string;
  /** Undefined if the file cannot be understood: half written, or from another version. */
  readonly writer: Writer | undefined;
  /** When it was last renewed, by its disk's clock, in milliseconds. */
  readonly renewed: number;
}

/** Tokens of the locks that this process holds. */
export const held = new Set<string>();

/** A new lock's content. */
export async function newWriter(): Promise<Writer> {
  const started = await startOf(process.pid);
  return {
    version: 1,
    token: randomBytes(8).toString('hex'),
    host: hostname(),
    place: await here(),
    pid: process.pid,
    ...(started === undefined ? {} : { started }),
    since: new Date().toISOString(),
  };
}

let place: Promise<string> | undefined;
const here = (): Promise<string> => (place ??= placeOfThisProcess());

/**
 * Linux has ids for each boot of a machine, and for each container's processes; a copied virtual machine has the same
 * ids but another host name. Elsewhere the boot time and the network cards are used; if one of them changes meanwhile,
 * processes no longer count as neighbours, which only makes a run wait for a dead one's heartbeat.
 */
async function placeOfThisProcess(): Promise<string> {
  if (process.platform === 'linux') {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
    const namespace = await readlink('/proc/self/ns/pid').catch(() => '');
    // Without ids, nobody is a neighbour.
    return boot && namespace ? `${boot.trim()} ${namespace}` : randomBytes(8).toString('hex');
  }
  const cards = Object.values(networkInterfaces()).flatMap(list => list?.map(({ mac }) => mac) ?? []);
  const start = Math.round((Date.now() / 1000 - uptime()) / 10);
  return createHash('sha256')
    .update([start, ...new Set(cards)].sort().join())
    .digest('hex')
    .slice(0, 32);
}

/** Whether a writer's process is visible from here. */
export const isNeighbour = async ({ host, place }: Writer): Promise<boolean> =>
  host === hostname() && place === (await here());

/** Whether a neighbour is alive, according to the system. */
export async function neighbourLives({ pid, started, token }: Writer): Promise<boolean> {
  if (pid === process.pid && started === (await startOf(pid))) return held.has(token);
  return isRunning(pid, started);
}

/** @returns undefined if there is none @throws UserError if something else has its name, or it cannot be read */
export async function readLock(file: string): Promise<FoundLock | undefined> {
  try {
    if (!(await lstat(file)).isFile()) throw new UserError(`${file}: this is not a lock file; remove it`);
    const handle = await open(file, 'r'); // network disks tell the newest size and time to whoever opens a file
    try {
      const { mtimeMs, size } = await handle.stat();
      const bytes = Buffer.alloc(Math.min(size, MAX_LOCK_BYTES));
      const bytesRead = await readUpTo(handle, bytes, 0);
      const text = bytes.toString('utf8', 0, bytesRead);
      const writer = parse(text);
      // Another version's lock may be taken over like any other, under a name derived from its content.
      const token =
        writer?.token ?? createHash('sha256').update(`${text}${mtimeMs}`).digest('hex').slice(0, 16);
      return { file, token, writer, renewed: mtimeMs };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw describeSystemError(error, file);
  }
}

function parse(text: string): Writer | undefined {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
