/** What `npm test` counts: everything that did not run appears in its last line. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { closingLines, slowestLines, TALLY, type Tally } from '../tally.mjs';
import { testFiles } from '../testFiles.mjs';
import { temporaryFolder } from '../temporary.ts';

const ROOT = join(import.meta.dirname, '../..');

const FILES = {
  left: `
    describe('a suite', needs('Chromium', false), () => {
      beforeAll(() => { throw new Error('is not run') });
      test('one', () => {});
      test('two', () => {});
    });
    describe('a suite that learns it later', () => {
      leaveOut('Chromium');
      test('three', () => { throw new Error('is not run') });
    });
    test('one more', needs('numpy', false), () => {});
    test('what is there', needs('Node.js', true), () => {});
  `,
  marked: `
    test.skip('one', () => {});
    test.todo('two');
    test('three', ({ skip }) => skip('the moon is full'));
    test('four', () => { throw new Error('fails') });
  `,
  setupFails: `
    describe('a suite', () => {
      beforeAll(() => { throw new Error('fails') });
      test('one', () => {});
      test('two', () => {});
      test.skip('three', () => {});
    });
  `,
  teardownFails: `
    afterAll(() => { throw new Error('fails') });
    test('one', () => {});
  `,
  notLoaded: `throw new Error('fails');`,
};

async function run(names: readonly (keyof typeof FILES)[]): Promise<Tally> {
  const folder = await temporaryFolder();
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'dir');
  const imports = `
    import { afterAll, beforeAll, describe, test } from 'vitest';
    import { leaveOut, needs } from '${join(ROOT, 'test/needs.ts')}';
  `;
  for (const name of names) await writeFile(join(folder, `${name}.test.ts`), imports + FILES[name]);
  const kept = Object.entries(process.env).filter(([name]) => !/^VITEST|^TEST$/.test(name));
  const env = { ...Object.fromEntries(kept), [TALLY]: join(folder, 'tally.json') };
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const args = ['run', '--root', folder, '--reporter', join(ROOT, 'test/tally.mjs')];
  spawnSync(process.execPath, [vitest, ...args], { cwd: folder, env });
  return JSON.parse(readFileSync(join(folder, 'tally.json'), 'utf8')) as Tally;
}

test('tests that are left out are counted by the reason', async () => {
  const { passed, failed, skipped } = await run(['left', 'marked']);
  expect({ passed, failed, skipped }).toEqual({
    passed: 1,
    failed: 1,
    skipped: {
      'no Chromium on this machine': 3,
      'no numpy on this machine': 1,
      'the moon is full': 1,
      'marked so: one': 1,
      'marked so: two': 1,
    },
  });
});

test('tests that could not run because their setup failed are not called left out', async () => {
  const { failed, skipped } = await run(['setupFails']);
  expect({ failed, skipped }).toEqual({ failed: 2, skipped: { 'marked so: a suite > three': 1 } });
});

test('a file that cannot be loaded, and what fails after the tests, count', async () => {
  const { passed, failed, skipped, files } = await run(['teardownFails', 'notLoaded']);
  expect({ passed, failed, skipped }).toEqual({ passed: 1, failed: 2, skipped: {} });
  expect([...files].sort()).toEqual(['notLoaded.test.ts', 'teardownFails.test.ts']);
});

test('the slowest come first, and what the tests of a file wait for together is one of them', async () => {
  const { slowest } = await run(['left']);
  expect(slowest.map(({ name }) => name)).toContain('left.test.ts > what is there');
  expect(slowest.map(({ name }) => name)).toContain('left.test.ts: what its tests share');
  const times = slowest.map(({ ms }) => ms);
  expect(times).toEqual([...times].sort((a, b) => b - a));
  expect(slowestLines([{ name: 'a', ms: 173_449 }])).toEqual(['  173.4 s  a']);
});

test('the files that have to be run are those of every folder, or of the ones that are named', async () => {
  const root = await temporaryFolder();
  for (const folder of ['unit/a', 'pages']) await mkdir(join(root, 'test', folder), { recursive: true });
  for (const file of ['unit/one.test.ts', 'unit/a/two.test.ts', 'unit/a/two.ts', 'pages/three.test.ts'])
    await writeFile(join(root, 'test', file), '');
  const unit = ['test/unit/a/two.test.ts', 'test/unit/one.test.ts'];
  expect(testFiles(root, ['unit'])).toEqual(unit);
  expect(testFiles(root, [])).toEqual(['test/pages/three.test.ts', ...unit]);
});

test('the last line has all three numbers, after a line a reason', () => {
  expect(closingLines({ passed: 7, failed: 0, skipped: {} })).toEqual(['7 passed, 0 failed, 0 skipped']);
  const skipped = { 'no Chromium on this machine': 55, 'no numpy on this machine': 1 };
  expect(closingLines({ passed: 7, failed: 1, skipped })).toEqual([
    '55 skipped: no Chromium on this machine',
    '1 skipped: no numpy on this machine',
    '7 passed, 1 failed, 56 skipped',
  ]);
});
