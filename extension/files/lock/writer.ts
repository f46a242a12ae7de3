/** Who writes an output, as its lock says it, and whether that process still lives. */
import { createHash, randomBytes } from 'node:crypto';
import { lstat, open, readFile, readlink } from 'node:fs/promises';
import { hostname, networkInterfaces, uptime } from 'node:os';
import * as z from 'zod';
import { readUpTo } from '../wholeCalls.ts';
import { describeSystemError, UserError } from '../../shared/errors.ts';
import { isRunning, startOf } from '../processes.ts';

const schema = z.object({
  version: z.literal(1),
  /** Its own among all locks. */
  token: z.string().regex(/^[0-9a-f]{16}$/),
  host: z.string().max(300),
  /** Equal for processes that see the same process ids: of one start of a machine, and in one container of it. */
  place: z.string().max(300),
  pid: z.int().positive(),
  /** Of the process, where the system tells. */
  started: z.string().max(30).optional(),
  /** When the lock was taken, by the writer's clock: for people only. */
  since: z.iso.datetime(),
});

export type Writer = z.infer<typeof schema>;

/** A lock is a few hundred bytes. */
const MAX_LOCK_BYTES = 4096;

/** A lock as it was found. */
export interface FoundLock {
  readonly file: string;
  readonly token: string;
  /** Undefined where the file says nothing that could be understood: half written, or of another version. */
  readonly writer: Writer | undefined;
  /** When it was renewed last, by the clock of the disk it lies on, in milliseconds. */
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
 * Linux names each start of a machine, and each container's processes; a copied virtual machine has the same names, and
 * another host name. Elsewhere the time of the start and the network cards stand for them; where one of them changes
 * meanwhile, processes are no longer taken for neighbours, which only makes a run wait for a dead one's heartbeat.
 */
async function placeOfThisProcess(): Promise<string> {
  if (process.platform === 'linux') {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
    const namespace = await readlink('/proc/self/ns/pid').catch(() => '');
    // Without a name nobody is a neighbour.
    return boot && namespace ? `${boot.trim()} ${namespace}` : randomBytes(8).toString('hex');
  }
  const cards = Object.values(networkInterfaces()).flatMap(list => list?.map(({ mac }) => mac) ?? []);
  const start = Math.round((Date.now() / 1000 - uptime()) / 10);
  return createHash('sha256')
    .update([start, ...new Set(cards)].sort().join())
    .digest('hex')
    .slice(0, 32);
}

/** Whether a writer's process can be asked for from here. */
export const isNeighbour = async ({ host, place }: Writer): Promise<boolean> =>
  host === hostname() && place === (await here());

/** Whether a neighbour lives, which the system knows. */
export async function neighbourLives({ pid, started, token }: Writer): Promise<boolean> {
  if (pid === process.pid && started === (await startOf(pid))) return held.has(token);
  return isRunning(pid, started);
}

/** @returns undefined where there is none @throws UserError where something else has its name, or it cannot be read */
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
      // Another version's may be taken over like any other, under a name made of what it says.
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
