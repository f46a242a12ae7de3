/** Merges that end early: what is kept, what is reported, and that a resumed run gives the same result. */
import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { said as asCommand } from '../../extension/engine/cli/remedies.ts';
import * as engine from '../../extension/engine/engine.ts';
import { Cancelled, linesOf, describeSystemError, UserError } from '../../extension/shared/errors.ts';
import { ModelFolder } from '../../extension/engine/merge/output/modelFolder.ts';
import type { MergeRecipe } from '../../extension/protocol/recipes.ts';
import type { MergeResult } from '../../extension/protocol/results.ts';
import { f32, fixture, writeSafetensors } from '../checkpoints.ts';
import {
  checkpointInput,
  hooks,
  merge,
  mergeRecipe,
  OPTIONS,
  quantize,
  recipe,
  tensorsOf,
} from '../engine.ts';
import { temporaryPaths } from '../temporary.ts';

const path = await temporaryPaths();
const base = fixture('llama/base');
const NAMES = ['code', 'math'];
const tvq = path('.tvq');
beforeAll(() =>
  quantize(recipe(tvq, { tasks: NAMES.map(name => ({ name, path: fixture(`llama/${name}`) })) })),
);
afterEach(() => vi.restoreAllMocks());

/** A merge's result without what differs between any two runs. */
const comparable = ({ seconds: _s, output: _o, warnings, ...result }: MergeResult) => ({
  ...result,
  warnings: warnings.filter(text => !text.includes('reused')),
});

/** All weights and reports below a folder. */
async function contentsOf(folder: string): Promise<unknown[]> {
  const names = (await readdir(folder, { recursive: true })).sort();
  const reports = names.filter(name => name.endsWith('merge-report.json'));
  const models = reports.map(name => dirname(join(folder, name)));
  return [
    names,
    await Promise.all(reports.map(name => readFile(join(folder, name), 'utf8'))),
    await Promise.all(models.map(tensorsOf)),
  ];
}

/** Calls `act` as soon as the tensor of this number is finished. */
function afterTensor(number: number, act: () => void): void {
  const finish = ModelFolder.prototype.finish; // oxlint-disable-line typescript/unbound-method
  vi.spyOn(ModelFolder.prototype, 'finish').mockImplementation(async function (
    this: ModelFolder,
    index,
    report,
  ) {
    await finish.call(this, index, report);
    if (index === number) act();
  });
}

const fail = (error: unknown) => () => {
  throw error;
};
const systemError = (code: string) => describeSystemError(Object.assign(new Error(code), { code }), '/disk');

const of = {
  'ties, compared with full precision': (output: string) =>
    mergeRecipe(
      output,
      'ties',
      NAMES.map(name => ({ name, path: tvq, task: name })),
      {
        base,
        compare: NAMES.map(name => ({ name, path: fixture(`llama/${name}`) })),
        parameters: { trim: 'global' },
        shardBytes: 16_000,
      },
    ),
  'emr, a folder a task': (output: string) =>
    mergeRecipe(
      output,
      'emr',
      NAMES.map(name => checkpointInput(fixture(`llama/${name}`), name)),
      {
        base,
        shardBytes: 16_000,
      },
    ),
};

describe.each(Object.entries(of))('%s', (_, asked: (output: string) => MergeRecipe) => {
  test.each<[string, (abort: () => void) => () => void, RegExp]>([
    ['cancelled', abort => abort, /cancelled/],
    ['on a full disk', () => fail(systemError('ENOSPC')), /^\/disk: the disk is full.*\n/],
    ['with an input that cannot be read', () => fail(systemError('EIO')), /^\/disk: .*\n/],
    ['by a defect', () => fail(new Error('what?')), /^what\?\n/],
  ])('%s: finished weight files stay, and the rest makes it whole', async (_, act, said) => {
    const whole = await merge(asked(path()));
    const output = path();
    const stop = new AbortController();
    afterTensor(
      12,
      act(() => stop.abort()),
    );
    const failing = engine.merge(asked(output), OPTIONS, {
      ...hooks(),
      signal: stop.signal,
      keepFinished: true,
    });
    const error = await failing.then(
      () => undefined,
      (error: Error) => error,
    );
    vi.restoreAllMocks();
    const lines = linesOf(error);
    expect(lines.map(({ message }) => message).join('\n')).toMatch(said);
    expect((error instanceof Cancelled ? error.kept : lines).map(asCommand).join('\n')).toMatch(
      /\d of 4 weight files are kept in .*tvq-partial.*; run the same command with --resume/,
    );
    const resumed = await merge({ ...asked(output), resume: true });
    expect(resumed.warnings.join()).toMatch(/[1-3] of 4 weight files are reused/);
    expect(comparable(resumed)).toEqual(comparable(whole));
    expect(await contentsOf(output)).toEqual(await contentsOf(whole.output));
    expect(await namesOf(output)).toEqual([basename(output)]);
  });
});

const plain = of['ties, compared with full precision'];
/** Names that begin like an output's, or like its temporary ones. */
const namesOf = async (output: string): Promise<string[]> =>
  (await readdir(dirname(output))).filter(name => name.split('.').includes(basename(output)));

test.each<[string, () => void, boolean]>([
  ['where nobody could resume it', fail(systemError('ENOSPC')), false],
  ['when the inputs are at fault', fail(new UserError('a damaged tensor')), true],
])('nothing stays %s', async (_, act, keepFinished) => {
  const output = path();
  afterTensor(12, act);
  await expect(engine.merge(plain(output), OPTIONS, { ...hooks(), keepFinished })).rejects.not.toThrow(
    /kept/,
  );
  expect(await namesOf(output)).toEqual([]);
});

test('Ctrl-C and SIGTERM: the command says what stays and how to go on', async () => {
  const tensors = Array.from({ length: 24 }, (_, i) => [`l.${i}.weight`, i] as const);
  const made = async (shift: number) => {
    const file = path('.safetensors');
    const values = tensors.map(
      ([name, i]) => [name, f32([512, 512], j => Math.sin(i * j) + shift * (j % 7))] as const,
    );
    await writeSafetensors(file, Object.fromEntries(values));
    return file;
  };
  const [start, one, two] = [await made(0), await made(0.01), await made(-0.02)];
  const command = fileURLToPath(new URL('../../dist/tvq.mjs', import.meta.url));
  const output = path();
  const models = ['--base', start, '--task', `one=${one}`, '--task', `two=${two}`, '--method', 'ties'];
  const args = [
    'merge',
    ...models,
    '--backend',
    'cpu',
    '--threads',
    '1',
    '--shard-size',
    '1MB',
    '-o',
    output,
  ];
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const child = spawn(process.execPath, [command, ...args, '--resume'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (data: Buffer) => (said += data.toString()));
    const ended = new Promise<number | null>(resolve => child.on('close', resolve));
    const wanted = signal === 'SIGINT' ? '00003' : '00006';
    const isFinished = async () => {
      const [partial] = (await namesOf(output)).filter(name => name.endsWith('.tvq-partial'));
      const names = partial ? await readdir(join(dirname(output), partial)).catch(() => []) : [];
      return names.some(name => name.startsWith(`model-${wanted}`));
    };
    while (child.exitCode === null && !(await isFinished()))
      await new Promise(resolve => setTimeout(resolve, 5));
    child.kill(signal);
    const status = await ended;
    if (status === 0) return; // such a small job may finish before the signal arrives
    expect(status).toBe(130);
    expect(said).toMatch(
      /cancelled; \d+ of 24 weight files are kept in .*; run the same command with --resume/,
    );
    expect(said).not.toContain('nothing');
  }
});
