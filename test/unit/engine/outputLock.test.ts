/** One writer per output, wherever the others run; only one takes over a dead writer's lock, and what it left. */
import type * as fs from 'node:fs/promises';
import { access, mkdir, readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { AtomicFile } from '../../../extension/files/atomic.ts';
import { AtomicFolder } from '../../../extension/files/atomicFolder.ts';
import { checkOutput } from '../../../extension/engine/outputCheck.ts';
import { hiddenName, lockName } from '../../../extension/files/hiddenNames.ts';
import { BeingWritten } from '../../../extension/files/lock/beingWritten.ts';
import { OutputLock } from '../../../extension/files/lock/outputLock.ts';
import type { Writer } from '../../../extension/files/lock/writer.ts';
import { startOf } from '../../../extension/files/processes.ts';
import { ID, leaveHalf, leaveLock, NOBODY, setAge } from '../../locks.ts';
import { returnModules } from '../../ownModules.ts';
import { temporaryFolder } from '../../temporary.ts';

vi.hoisted(() => vi.resetModules());
returnModules('node:timers/promises', 'node:fs/promises');

/** What happens while a lock is watched; the wait itself takes no time here. */
let meanwhile = async () => Promise.resolve();
vi.mock('node:timers/promises', () => ({ setTimeout: () => meanwhile() }));

/** The code of a file system without links. */
let noLinks: string | undefined;
vi.mock('node:fs/promises', async original => {
  const real = await original<typeof fs>();
  const link = async (from: string, to: string) => {
    if (noLinks !== undefined) throw Object.assign(new Error(noLinks), { code: noLinks });
    await real.link(from, to);
  };
  return { ...real, link };
});

const root = await temporaryFolder();
let folder: string;
let target: string;
let count = 0;
beforeEach(async () => {
  folder = join(root, String(count++));
  await mkdir(folder);
  target = join(folder, 'out.tvq');
  meanwhile = async () => Promise.resolve();
  noLinks = undefined;
});

const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

test('the second writer is told who writes, and nothing is left of it', async () => {
  const first = await OutputLock.take(target);
  const refused = await OutputLock.take(target).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(BeingWritten);
  const { message } = refused as BeingWritten;
  expect(message).toMatch(
    new RegExp(
      `^${target}: it is being written by process ${process.pid} on .+, since .+ UTC; .*another output`,
    ),
  );
  expect(await readdir(folder)).toEqual(['.out.tvq.tvq-lock']);
  await first.release();
  expect(await readdir(folder)).toEqual([]);
});

const living = async (): Promise<Partial<Writer>> => {
  const started = await startOf(process.ppid);
  return { pid: process.ppid, ...(started === undefined ? {} : { started }) };
};
const elsewhere = { place: 'another container' };

describe('the lock of', () => {
  test.each<[string, () => Promise<Partial<Writer>> | Partial<Writer>, number, boolean]>([
    ['a living process', living, 0, true],
    ['a living process that could not beat for an hour', living, 3600, true],
    ['a dead process', () => ({}), 0, false],
    [
      'a dead process whose id another one has',
      async () => ({ ...(await living()), started: '1' }),
      0,
      false,
    ],
    ['an earlier process of this id', () => ({ pid: process.pid }), 0, false],
    ['another container, whose id is free here', () => elsewhere, 0, true],
    [
      'another container, whose id lives here',
      async () => ({ ...(await living()), ...elsewhere }),
      3600,
      false,
    ],
    ['a copy of this machine', () => ({ host: 'its-copy' }), 0, true],
    ['another host', () => ({ host: 'its-copy', ...elsewhere }), 30, true],
    ['another host that has given up', () => ({ host: 'its-copy', ...elsewhere }), 3600, false],
    ['a host whose disk had a wrong clock', () => elsewhere, -3600, false],
  ])('%s', async (_, changes, age, refused) => {
    const half = await leaveHalf(target, await changes());
    await setAge(lockName(target), age);
    if (refused) {
      await expect(OutputLock.take(target)).rejects.toThrow(BeingWritten);
      expect(await readFile(half, 'utf8')).toBe('half');
      return;
    }
    const lock = await OutputLock.take(target);
    expect(lock.notes).toEqual([expect.stringContaining(`removed what it left: ${basename(half)}`)]);
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
  });

  test('a host that seems dead, and beats while it is watched', async () => {
    await leaveLock(target, elsewhere, 3600);
    meanwhile = () => setAge(lockName(target), 3500);
    await expect(OutputLock.take(target)).rejects.toThrow(BeingWritten);
  });

  test.each(['', '{"version":2}'])('a half written or newer one: %j', async text => {
    await writeFile(lockName(target), text);
    await expect(OutputLock.take(target)).rejects.toThrow('it is being written by another process;');
    await setAge(lockName(target), 3600);
    await (await OutputLock.take(target)).release();
    expect(await readdir(folder)).toEqual([]);
  });

  test('nobody: something else has its name', async () => {
    await mkdir(lockName(target));
    await expect(OutputLock.take(target)).rejects.toThrow('this is not a lock file; remove it');
  });
});

describe('of many that take over a dead lock one gets it', () => {
  test.each([undefined, 'EPERM'])('links: %s', async code => {
    noLinks = code;
    for (let round = 0; round < 5; round++) {
      const half = await leaveHalf(target);
      const takers = await Promise.allSettled(Array.from({ length: 12 }, () => OutputLock.take(target)));
      const got = takers.flatMap(taker => (taker.status === 'fulfilled' ? [taker.value] : []));
      expect(got).toHaveLength(1);
      for (const taker of takers)
        if (taker.status === 'rejected') expect(taker.reason).toBeInstanceOf(BeingWritten);
      await got[0]?.check();
      expect(await isThere(half)).toBe(false);
      await got[0]?.release();
      expect(await readdir(folder)).toEqual([]);
    }
  });

  test('also after a taker that died while it took over', async () => {
    const dead = await leaveLock(target);
    const taker = { ...dead, token: 'f'.repeat(16), pid: NOBODY };
    await writeFile(hiddenName(target, ID, 'lock'), `${JSON.stringify(taker)}\n`);
    const lock = await OutputLock.take(target);
    await lock.check();
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
  });
});

test('what is hidden beside an output belongs to that output alone', async () => {
  const others = [
    hiddenName(`${target}.more`, ID, 'tmp'),
    hiddenName(join(folder, 'out'), ID, 'tmp'),
    hiddenName(target, ID, 'partial'),
    hiddenName(target, ID, 'old'),
    join(folder, '.out.tvq.tvq-tmp'),
  ];
  for (const path of others) await writeFile(path, '');
  const lock = await OutputLock.take(target);
  expect(lock.notes).toEqual([]);
  await lock.release();
  expect((await readdir(folder)).sort()).toEqual(others.map(path => basename(path)).sort());
});

describe('a writer whose lock is not its own any more publishes nothing', () => {
  const write = {
    file: async () => {
      const file = await AtomicFile.create(target, { overwrite: true, start: 0 });
      await file.append(Buffer.from('mine'));
      return file;
    },
    folder: async () => AtomicFolder.create(target, { overwrite: true }),
  };
  test.each(['file', 'folder'] as const)('%s', async kind => {
    const gone = await write[kind]();
    await unlink(lockName(target));
    await expect(gone.commit()).rejects.toThrow(
      'its lock .out.tvq.tvq-lock was removed in the meantime; nothing was',
    );
    await gone.discard();
    const taken = await write[kind]();
    await leaveLock(target, await living());
    await expect(taken.commit()).rejects.toThrow(`it is being written by process ${process.ppid}`);
    await taken.discard();
    expect(await readdir(folder)).toEqual(['.out.tvq.tvq-lock']); // the other's
  });
});

test('a plan says who writes its output on this machine', async () => {
  const plan = () => checkOutput({ output: target, overwrite: false }, [], 0, 'file');
  await leaveLock(target);
  expect(await plan()).toEqual([]);
  await rm(lockName(target));
  await leaveLock(target, await living());
  expect(await plan()).toEqual([
    {
      severity: 'warning',
      message: expect.stringContaining(`being written by process ${process.ppid}`) as string,
    },
  ]);
});
