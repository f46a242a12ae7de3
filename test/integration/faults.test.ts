/** Disk failures during a job: the old output or the new one is there, never neither, never half; and what is reported. */
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { hiddenKind } from '../../extension/files/hiddenNames.ts';
import { startOf } from '../../extension/files/processes.ts';
import { f32, noise, writeModelFolder, writeSafetensors } from '../checkpoints.ts';
import { COMMAND, tvq } from '../command.ts';
import { runWith, type Fault } from '../faults/run.ts';
import { leaveLock } from '../locks.ts';
import { temporaryPaths } from '../temporary.ts';

const path = await temporaryPaths();
const inputs = path();
const base = join(inputs, 'base');
const task = join(inputs, 'task');
const stored = join(inputs, 'q.tvq');
const config = { 'config.json': '{"model_type": "made"}' };

const CPU = ['--backend', 'cpu', '--threads', '1', '--overwrite'];
const models = ['--base', base, '--task', `t=${task}`];
const merge = ['merge', ...models, '--method', 'task_arithmetic', ...CPU];
const COMMANDS = {
  quantize: { name: 'out.tvq', args: ['quantize', ...models, '--budget', 'codes=3bpw', ...CPU] },
  'merge to a folder': { name: 'out', args: [...merge, '--shard-size', '20kB'] },
  'merge to a file': { name: 'out.safetensors', args: merge },
  restore: { name: 'out', args: ['restore', stored, '--base', base, '--task', 't', ...CPU] },
} as const;
type Name = keyof typeof COMMANDS;
const ALL = Object.keys(COMMANDS) as Name[];

/** In parallel, as most of a short run is Node's startup. */
const eachOf = <T>(list: readonly T[], work: (one: T) => Promise<void>) => Promise.all(list.map(work));

/** What each command writes when nothing goes wrong. */
const whole = new Map<Name, string>();

/** The weights of an output, without headers, as some of them contain a date. */
async function weightsOf(output: string): Promise<string> {
  const names = await readdir(output).catch(() => undefined);
  const weights = names?.filter(name => name.endsWith('.safetensors')).sort();
  const files = weights?.map(name => join(output, name)) ?? [output];
  const read = await Promise.all(files.map(file => readFile(file)));
  return read.map(bytes => bytes.toString('latin1', 8 + bytes.readUInt32LE(0))).join();
}

/** Puts an old output where a command writes. @returns the output */
async function place(name: Name): Promise<string> {
  const output = join(path(), COMMANDS[name].name);
  const old = { w: f32([4], () => 1) };
  await mkdir(dirname(output));
  if (COMMANDS[name].name === 'out') await writeModelFolder(output, old, config);
  else await writeSafetensors(output, old);
  return output;
}

const run = (name: Name, output: string, fault?: Fault, ...more: string[]) =>
  runWith(fault, COMMAND, [...COMMANDS[name].args, '-o', output, ...more]);

/** Runs a command to its end, in this process. */
async function finish(name: Name, output: string): Promise<void> {
  const { status, stderr } = await tvq(...COMMANDS[name].args, '-o', output);
  expect(status, `${name}: ${stderr}`).toBe(0);
}

const hidden = async (output: string) =>
  (await readdir(dirname(output))).filter(name => hiddenKind(name) !== undefined);

beforeAll(async () => {
  const next = noise(1);
  const model = () => ({ a: f32([64, 64], next), b: f32([64, 64], next), c: f32([3], next) });
  await writeModelFolder(base, model(), config);
  await writeModelFolder(task, model(), config);
  await finish('quantize', stored);
  for (const name of ALL) {
    const output = await place(name);
    await finish(name, output);
    whole.set(name, await weightsOf(output));
  }
});

describe('is gone on with', () => {
  const io = { calls: ['read', 'write'], path: '^(?!/proc)' };
  test.each<[string, Fault, readonly Name[]]>([
    ['reads and writes that fall short', { ...io, effect: 'short' }, ALL],
    ['an interrupted read', { ...io, calls: ['read'], nth: 3, effect: 'EINTR' }, ['quantize', 'restore']],
    [
      'an interrupted write',
      { ...io, calls: ['write'], nth: 2, effect: 'EINTR' },
      ['quantize', 'merge to a folder'],
    ],
  ])('%s', async (_, fault, names) => {
    await eachOf(names, async name => {
      const output = await place(name);
      expect(await run(name, output, fault), name).toMatchObject({ status: 0 });
      expect((await weightsOf(output)) === whole.get(name), name).toBe(true);
    });
  });

  test('a cache that cannot be written, or read', async () => {
    for (const [calls, effect] of [
      [['open', 'write'], 'ENOSPC'],
      [['mkdir'], 'EROFS'],
      [['openRead', 'readFile'], 'EIO'],
    ] as const) {
      const output = await place('quantize');
      const cache = path();
      const fault = { calls, path: '\\.analysis|' + cache.replaceAll('.', '\\.'), effect };
      expect(await run('quantize', output, fault, '--cache', cache), effect).toMatchObject({
        status: 0,
        stderr: '',
      });
    }
  });
});

/** What is written. The lock, which comes first, has such a name too before it gets its own. */
const TMP = '/\\.out[^/]*\\.tvq-(tmp|partial)';

describe('stops the job, says so in a line or two, and leaves the old', () => {
  const full = /: the disk is full; free some space/;
  test.each<[string, Fault, readonly Name[], RegExp]>([
    ['no space', { calls: ['write'], path: TMP, nth: 2, effect: 'ENOSPC' }, ALL, full],
    ['no space for a lock', { calls: ['write'], path: TMP, effect: 'ENOSPC' }, ['quantize', 'restore'], full],
    [
      'no space when synced',
      { calls: ['sync'], path: TMP, nth: 2, effect: 'ENOSPC' },
      ['merge to a file'],
      full,
    ],
    [
      'a quota',
      { calls: ['close'], path: TMP, nth: 2, effect: 'EDQUOT' },
      ['merge to a folder', 'merge to a file'],
      /: your quota on this disk is used/,
    ],
    [
      'a failing disk',
      { calls: ['sync'], path: TMP, nth: 2, effect: 'EIO' },
      ['quantize', 'restore'],
      /: the disk failed to write/,
    ],
    [
      'a read-only disk',
      { calls: ['open'], effect: 'EROFS' },
      ['merge to a folder'],
      /: the file system is read-only; choose another/,
    ],
    [
      'no permission',
      { calls: ['open'], effect: 'EACCES' },
      ['restore'],
      /: permission denied; check the access/,
    ],
    [
      'too many files',
      { calls: ['open'], path: TMP, nth: 2, effect: 'EMFILE' },
      ['quantize'],
      /: too many open files; raise/,
    ],
    [
      'a lost handle',
      { calls: ['rename'], path: TMP, effect: 'ESTALE' },
      ALL,
      /: the network disk lost the file/,
    ],
    [
      'a rename that fails',
      { calls: ['rename'], path: 'out$', effect: 'EIO' },
      ['restore'],
      /out: the disk failed/,
    ],
    [
      'weights that cannot be read',
      { calls: ['read'], path: 'base/model', nth: 3, threads: true, effect: 'EIO' },
      ['quantize', 'merge to a folder', 'restore'],
      /base\/model\.safetensors: tensor "[abc]": the disk failed to read .*copy the file again/,
    ],
    [
      'a stored file that cannot be read',
      { calls: ['read'], path: 'q\\.tvq', effect: 'ESTALE' },
      ['restore'],
      /q\.tvq: the network disk lost the file/,
    ],
  ])('%s', async (_, fault, names, said) => {
    await eachOf(names, async name => {
      const output = await place(name);
      const before = await weightsOf(output);
      const { status, stderr } = await run(name, output, fault);
      expect(status, `${name}: ${stderr}`).toBe(1);
      expect(stderr, name).toMatch(said);
      const lines = stderr.trimEnd().split('\n');
      expect(lines.filter(line => !line.startsWith('warning: ')).length, stderr).toBeLessThanOrEqual(2);
      expect((await weightsOf(output)) === before, name).toBe(true);
      const left = await hidden(output);
      expect(
        left.filter(file => hiddenKind(file) !== 'partial'),
        name,
      ).toEqual([]);
    });
  });
});

describe('a kill', () => {
  test.each<[string, Fault]>([
    ['in the middle of the weights', { calls: ['write'], path: TMP, nth: 2, effect: 'kill' }],
    ['before the new has the name', { calls: ['rename'], path: TMP, effect: 'kill' }],
  ])('%s: the old is there, and the next run tidies up', async (_, fault) => {
    const outputs = new Map<Name, string>();
    await eachOf(ALL, async name => {
      const output = await place(name);
      outputs.set(name, output);
      const before = await weightsOf(output);
      expect(await run(name, output, fault), name).toMatchObject({ killed: true });
      const aside = (await hidden(output)).find(file => hiddenKind(file) === 'old');
      const at = aside === undefined ? output : join(dirname(output), aside);
      expect((await weightsOf(at)) === before, name).toBe(true);
    });
    for (const [name, output] of outputs) {
      await finish(name, output);
      expect((await weightsOf(output)) === whole.get(name), name).toBe(true);
      expect(await hidden(output), name).toEqual([]);
    }
  });
});

test('a second run of the command is told who writes', async () => {
  const started = await startOf(process.pid);
  await eachOf(ALL, async name => {
    const output = await place(name);
    await leaveLock(output, { pid: process.pid, ...(started === undefined ? {} : { started }) });
    const { status, stderr } = await run(name, output);
    expect(status, name).toBe(1);
    expect(stderr, name).toMatch(
      new RegExp(`it is being written by process ${process.pid} on .*choose another`),
    );
  });
});
