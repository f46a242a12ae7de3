/** Finding files in folders designed to make a search endless. */
import { execFileSync } from 'node:child_process';
import { mkdir, realpath, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { walkFiles, type WalkLimits } from '../../../extension/formats/walk.ts';
import { temporaryFolder } from '../../temporary.ts';

const root = await temporaryFolder();
let folders = 0;

/** A folder with empty files, and links if a target is given. */
async function made(entries: Record<string, string | undefined>): Promise<string> {
  const folder = join(root, `case ${folders++}`);
  await mkdir(folder);
  for (const [name, target] of Object.entries(entries)) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    if (target === undefined) await writeFile(path, '');
    else await symlink(target, path);
  }
  return folder;
}

async function found(folder: string, limits?: WalkLimits, excluded?: (path: string) => boolean) {
  const wanted = (name: string) => name.endsWith('.w');
  const { files, stops } = await walkFiles(folder, {
    wanted,
    ...(limits && { limits }),
    ...(excluded && { excluded }),
  });
  return { files: files.map(file => file.slice(folder.length + 1)), stops };
}

const outside = await made({ 'shared/s.w': undefined, 'shared/deep/t.w': undefined, 'x.w': undefined });

test.each<[what: string, entries: Record<string, string | undefined>, files: string[]]>([
  ['files', { 'a.w': undefined, 'b/c.w': undefined, 'b/d.txt': undefined }, ['a.w', 'b/c.w']],
  ['a link to itself, and to what is above it', { 'a.w': undefined, 'b/up': '..', 'b/self': '.' }, ['a.w']],
  ['links in a circle', { 'a/x.w': undefined, 'a/to': '../b', 'b/to': '../a' }, ['a/x.w']],
  ['links to the whole system, and to its devices', { 'a.w': undefined, all: '/', proc: '/proc' }, ['a.w']],
  ['a link to a device, and into nowhere', { 'zero.w': '/dev/zero', 'gone.w': 'gone' }, []],
  ['a link to a file', { 'a.w': join(outside, 'x.w') }, ['a.w']],
  [
    'a folder that is linked, once',
    { one: join(outside, 'shared'), two: join(outside, 'shared'), three: join(outside, 'shared/deep') },
    ['one/deep/t.w', 'one/s.w'],
  ],
  ['names that are long', { [`${'é'.repeat(120)}.w`]: undefined }, [`${'é'.repeat(120)}.w`]],
])('%s', async (_, entries, files) => {
  expect(await found(await made(entries))).toEqual({ files, stops: [] });
});

test.skipIf(process.platform === 'win32')('pipes are no files, and sizes do not matter', async () => {
  const folder = await made({ 'sparse.w': undefined });
  execFileSync('mkfifo', [join(folder, 'pipe.w')]);
  await truncate(join(folder, 'sparse.w'), 2 ** 40);
  expect((await found(folder)).files).toEqual(['sparse.w']);
});

const BEYOND = 'what lies beyond is not shown, open a folder closer to the models';

test.each<[limit: Partial<WalkLimits>, files: number, stop: string]>([
  [{ files: 2 }, 2, ': it holds more than 2 weight files'],
  [{ folders: 2 }, 2, ': 2 folders were searched before it'],
  [{ depth: 1 }, 2, ': more than 1 folders deep'],
])('%j is where it stops, and says so', async (limit, files, stop) => {
  const folder = await made({
    'a.w': undefined,
    'b/c.w': undefined,
    'b/c/d.w': undefined,
    'b/c/d/e.w': undefined,
  });
  const { files: seen, stops } = await found(folder, { files: 9, folders: 9, depth: 9, ...limit });
  expect(seen).toHaveLength(files);
  expect(stops).toEqual([expect.stringContaining(`${stop}; ${BEYOND}`)]);
});

test('a link to what has its own name there is told', async () => {
  const folder = await made({ 'models/v1/a.w': undefined, 'models/latest': 'v1', outside });
  const { files, links } = await walkFiles(folder, { wanted: name => name === 'a.w' });
  expect(files).toEqual([join(folder, 'models/v1/a.w')]);
  const target = await realpath(join(folder, 'models/v1'));
  expect(links).toEqual([{ path: join(folder, 'models/latest'), target }]);
});

test('what is excluded is not looked into', async () => {
  const folder = await made({ 'a.w': undefined, '.git/b.w': undefined, 'c/.git/d.w': undefined });
  expect((await found(folder, undefined, path => /(^|\/)\.git$/.test(path))).files).toEqual(['a.w']);
});
