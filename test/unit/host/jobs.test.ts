/** What is recorded of jobs that write, and what happened to those whose window is gone. */
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { concerns, fateOf } from '../../../extension/host/jobs/fate.ts';
import { hiddenName } from '../../../extension/files/hiddenNames.ts';
import { OutputLock } from '../../../extension/files/lock/outputLock.ts';
import { JobLedger, type JobRecord } from '../../../extension/host/jobs/ledger.ts';
import type { WritingRecipe } from '../../../extension/host/jobs/writing.ts';
import { mergeRecipe, recipe, restoreRecipe } from '../../engine.ts';
import { temporaryFolder } from '../../temporary.ts';

const NO_PROCESS = 2 ** 22 + 1; // above the largest process id Linux hands out

const root = await temporaryFolder();
let folder: string;
let output: string;
let count = 0;
beforeEach(async () => {
  folder = join(root, String(count++));
  await mkdir(join(folder, 'models'), { recursive: true });
  output = join(folder, 'models/out.tvq');
});
const jobs = () => join(folder, 'jobs');
const open = () => new JobLedger(jobs());
const job = (asked: WritingRecipe = recipe(output)) => ({
  title: 'Quantizing to out.tvq',
  recipe: asked,
  started: Date.now(),
  folders: [folder],
});

/** Leaves a record like an extension host that is gone. */
async function leave(changes: Partial<JobRecord> = {}): Promise<void> {
  await mkdir(jobs(), { recursive: true });
  const record: JobRecord = { ...job(), pid: NO_PROCESS, host: hostname(), ...changes };
  const name = `${record.pid}-${String(count++).padStart(16, '0')}.json`;
  await writeFile(join(jobs(), name), JSON.stringify(record));
}

describe('the ledger', () => {
  test('knows what is written while it is', async () => {
    const [ours, theirs] = [open(), open()];
    const end = await ours.add(job());
    expect(await ours.writing(join(folder, 'models/./out.tvq'))).toMatchObject({ isOurs: true });
    expect(await ours.writing(join(folder, 'models/other.tvq'))).toBeUndefined();
    expect(await ours.look()).toEqual({ lost: [], others: false });
    await end();
    expect(await ours.writing(output)).toBeUndefined();
    expect(await readdir(jobs())).toEqual([]);
    expect(await theirs.look()).toEqual({ lost: [], others: false });
  });

  test.each([
    ['quantize', () => recipe(output)],
    ['restore', () => restoreRecipe(output, 'math', join(folder, 'models/math'))],
    [
      'merge',
      () =>
        mergeRecipe(join(folder, 'merged'), 'ties', [{ name: 'a', path: output, task: 'a' }], {
          inputParameters: [{}],
        }),
    ],
  ])('keeps what runs when the window goes, for one other window: %s', async (_, asked) => {
    const ledger = open();
    const end = await ledger.add(job(asked()));
    ledger.close();
    await end();
    // Process ids are reused, in containers always for the same program.
    const [first, second] = [open(), open()];
    const [entry] = (await first.look()).lost;
    expect(entry?.record.recipe).toMatchObject(JSON.parse(JSON.stringify(asked())));
    expect([await first.take(entry!), await second.take(entry!)]).toEqual([true, false]);
    expect((await second.look()).lost).toEqual([]);
  });

  test.each([
    ['a living window', { pid: process.ppid }],
    ['another machine', { host: 'elsewhere' }],
  ])('counts the job of %s as one that runs', async (_, changes) => {
    await leave(changes);
    expect(await open().look()).toEqual({ lost: [], others: true });
    expect(await open().writing(output)).toMatchObject({ isOurs: false });
  });

  test('forgets what is a month old, and takes nothing that is no record', async () => {
    await leave({ started: Date.now() - 31 * 24 * 3600_000 });
    await leave({ recipe: { ...recipe(output), bits: 99 } });
    await leave({ folders: 'all' as unknown as string[] });
    await writeFile(join(jobs(), `${NO_PROCESS}-00000000deadbeef.json`), '{');
    expect((await open().look()).lost).toEqual([]);
  });
});

describe('the fate of a job whose window is gone', () => {
  const started = Date.now() - 60_000;
  const fate = () => fateOf({ recipe: recipe(output, { overwrite: true }), started }, 0);
  const hidden = () => hiddenName(output, '0123456789abcdef', 'tmp');

  test('nothing was written, and what is left of it goes', async () => {
    await writeFile(hidden(), 'half');
    await mkdir(join(folder, 'models/.out.tvq.0123456789abcdef.tvq-partial'));
    expect(await fate()).toBe('nothing');
    expect(await readdir(join(folder, 'models'))).toEqual([]);
  });
  test('its folder is gone too', async () => {
    expect(await fateOf({ recipe: recipe(join(folder, 'gone/out.tvq')), started })).toBe('nothing');
  });
  test('it was finished', async () => {
    await writeFile(output, 'new');
    expect(await fate()).toBe('finished');
  });
  test('what it was to replace is as it was', async () => {
    await writeFile(output, 'old');
    await utimes(output, 1, 1);
    expect(await fate()).toBe('unchanged');
  });
  test('somebody writes it', async () => {
    const lock = await OutputLock.take(output);
    await writeFile(lock.temporary(), 'half');
    expect(await fate()).toBe('writing');
    expect(await readdir(join(folder, 'models'))).toHaveLength(2);
    await lock.release();
  });

  test.each([
    ['the same folder', ['/w'], ['/w'], true],
    ['one folder more', ['/w'], ['/w', '/v'], true],
    ['the folder of the output', ['/w'], ['/out'], true],
    ['another project', ['/w'], ['/v'], false],
    ['no folder', [], [], true],
    ['a folder where there was none', [], ['/v'], false],
  ])('is told in a window with %s', (_, folders, now, expected) => {
    const record = { ...job(recipe('/out/a.tvq')), folders, pid: 1, host: '' };
    expect(concerns(record, now)).toBe(expected);
  });
});
