/** Everything that `tvq` prints about a file is printable, whatever its name and the names in it. */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { printable } from '../../extension/shared/printable.ts';
import { f32, safetensorsBytes, type MadeTensor } from '../checkpoints.ts';
import { started, tvq, type Printed } from '../command.ts';
import { temporaryFolder } from '../temporary.ts';

const root = await temporaryFolder();
/** A folder whose name clears the screen and prints its own line. */
const folder = join(root, 'x\x1b[2J\ntvq: all is well');
const TENSORS = [
  '\x1b[31mred\x1b[0m.weight',
  'line\nbreak.weight',
  'c1\x9b1m.weight',
  'bidi\u202e.weight',
  'größe.日本.weight',
];
const TASK = 'task'; // only letters, digits and a few others are allowed
const base = join(folder, 'base.safetensors');
const tuned = join(folder, 'tuned.safetensors');
const file = join(folder, 'f\u2066ile.tvq');

/** Returns what was printed, checked: no control characters, and no name starts a line. */
const said = async (...args: string[]): Promise<string> => checked(await tvq(...args));

function checked({ stdout, stderr }: Printed): string {
  const lines = (stdout + stderr).split('\n');
  for (const line of lines) expect(printable(line)).toBe(line);
  expect(lines.filter(line => /^(break|warning: forged|tvq: all is well)/.test(line))).toEqual([]);
  return lines.join('\n');
}

async function save(path: string, value: (i: number) => number): Promise<void> {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt', 'note\x1b[5m': 'a\nb\u202e' } };
  const parts = TENSORS.map((name, t): MadeTensor => {
    const made = f32([64, 64], i => value(i + 64 * 64 * t));
    header[name] = { dtype: 'F32', shape: made.shape, data_offsets: [t * 16384, (t + 1) * 16384] };
    return made;
  });
  await writeFile(path, safetensorsBytes(header, Buffer.concat(parts.map(({ data }) => data))));
}

const cpu = ['--backend', 'cpu'];
const tasks = ['--task', `${TASK}=${tuned}`, ...cpu];

beforeAll(async () => {
  await mkdir(folder);
  await save(base, i => Math.sin(i));
  await save(tuned, i => Math.sin(i) + 0.01 * Math.cos(7 * i));
  expect((await tvq('quantize', '--base', base, ...tasks, '-o', file)).status).toBe(0);
});

describe('results', () => {
  test('analyze names tensors and tasks', async () => {
    const table = checked(await started('analyze', '--base', base, ...tasks, '--no-cache'));
    expect(table).toContain('\\x1b[31mred\\x1b[0m.weight');
    expect(table).toContain('line\\nbreak.weight');
    expect(table).toContain('bidi\\u202e.weight');
    expect(table).toContain('größe.日本.weight');
  });

  test.each([
    ['inspect', file],
    ['inspect', base],
    ['verify', file],
    ['quantize', '--base', base, ...tasks, '-o', file, '--dry-run', '--overwrite'],
    ['quantize', '--base', base, ...tasks, '-o', file, '--overwrite'],
    [
      'merge',
      '--base',
      base,
      ...tasks,
      '--method',
      'task_arithmetic',
      '-o',
      join(folder, 'a\x1bc'),
      '--dry-run',
    ],
    ['merge', '--base', base, ...tasks, '--method', 'task_arithmetic', '-o', join(folder, 'b\x1bc')],
    ['restore', file, '--base', base, '--task', TASK, ...cpu, '-o', join(folder, 'r\x1bc')],
  ])('%s', async (...args) => {
    expect(await said(...args)).toContain('x\\x1b[2J\\ntvq: all is well');
  });

  test('--json is the same object, printable', async () => {
    const summary = JSON.parse(await said('inspect', file, '--json')) as { tasks: { name: string }[] };
    expect(summary.tasks.map(({ name }) => name)).toEqual([TASK]);
    const { tensors } = JSON.parse(
      await said('analyze', '--base', base, ...tasks, '--no-cache', '--json'),
    ) as {
      tensors: { tensor: string }[];
    };
    expect(tensors.map(({ tensor }) => tensor).sort()).toEqual([...TENSORS].sort());
  });

  test('the card and the recipe beside a merged model', async () => {
    const output = join(folder, 'merged\u202e');
    checked(await started('merge', '--base', base, ...tasks, '--method', 'task_arithmetic', '-o', output));
    for (const name of ['README.md', 'merge-recipe.yml', 'merge-report.json']) {
      const lines = (await readFile(join(output, name), 'utf8')).split('\n');
      for (const line of lines) expect(printable(line)).toBe(line);
    }
  });
});

describe('errors', () => {
  test.each([
    ['no such file', ['inspect', join(folder, 'no\x1b[2Jne')]],
    [
      'no such task',
      ['restore', file, '--base', base, '--task', 'x\nwarning: forged', ...cpu, '-o', join(folder, 'o')],
    ],
    ['an unknown option', ['inspect', '--x\x1b[31m']],
    [
      'an unknown method',
      ['merge', '--base', base, ...tasks, '--method', '\x1b[31m', '-o', join(folder, 'o')],
    ],
    ['--verbose', ['inspect', '--verbose', join(folder, 'no\x1b[2Jne')]],
  ])('%s', async (_, args) => {
    expect(await said(...args)).toMatch(/\\x1b|\\n/);
  });

  test('a damaged file', async () => {
    const damaged = join(folder, 'damaged.tvq');
    await copyFile(file, damaged);
    const bytes = await readFile(damaged);
    for (let at = 4096; at < bytes.length; at += 64) bytes[at]! ^= 0xff;
    await writeFile(damaged, bytes);
    expect(await said('verify', damaged)).toContain('\\x1b');
  });

  test('a header that is no header', async () => {
    const broken = join(folder, 'broken.safetensors');
    const header = { 'a\x1b[31m\nb': { dtype: 'X\x1b[5m', shape: [1], data_offsets: [0, 4] } };
    await writeFile(broken, safetensorsBytes(header, new Uint8Array(4)));
    expect(await said('inspect', broken)).toContain('\\x1b');
  });

  test('other tensors than the base has', async () => {
    const other = join(folder, 'other.safetensors');
    const header = { 'un\x1b[31mlike\n': { dtype: 'F32', shape: [1], data_offsets: [0, 4] } };
    await writeFile(other, safetensorsBytes(header, new Uint8Array(4)));
    await said('quantize', '--base', base, '--task', `a=${other}`, ...cpu, '-o', join(folder, 'o.tvq'));
    await said(
      'merge',
      '--base',
      base,
      '--task',
      `a=${other}`,
      ...cpu,
      '--method',
      'ties',
      '-o',
      join(folder, 'o'),
    );
  });
});
