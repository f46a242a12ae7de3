/** What is opened, and how far it is read. */
import { execFileSync } from 'node:child_process';
import { mkdir, open, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readConfig } from '../../../extension/formats/huggingface/configFile.ts';
import { readBeginning, readRegular } from '../../../extension/formats/regularFile.ts';
import { readSafetensorsHeader } from '../../../extension/formats/safetensors/safetensors.ts';
import { readJson } from '../../../extension/formats/smallFile.ts';
import { readRecipeFile } from '../../../extension/engine/merge/recipe/recipeFile.ts';
import { openTvq } from '../../../extension/formats/tvq/reader.ts';
import { temporaryFolder } from '../../temporary.ts';

const folder = await temporaryFolder();
const NEITHER = 'this is a device, pipe or socket, a file was expected';

const READERS: readonly (readonly [name: string, read: (file: string) => Promise<unknown>])[] = [
  ['config.json', file => readJson(file, 100)],
  ['model.safetensors', readSafetensorsHeader],
  ['model.tvq', openTvq],
  ['recipe.yaml', file => readRecipeFile(file, { output: 'x', overwrite: false, resume: false })],
  ['LICENSE', file => readBeginning(file, 100)],
];

test.skipIf(process.platform === 'win32').each(READERS)(
  '%s that is no file is refused, and not waited for',
  async (name, read) => {
    for (const make of [
      (path: string) => Promise.resolve(execFileSync('mkfifo', [path])),
      (path: string) => symlink('/dev/zero', path),
      async (path: string) => {
        const server = createServer();
        await new Promise<void>(listening => server.listen(path, listening));
        onTestFinished(() => void server.close());
      },
    ]) {
      const inside = join(folder, String(Math.random()).slice(2));
      await mkdir(inside);
      const file = join(inside, name);
      await make(file);
      await expect(read(file)).rejects.toThrow(NEITHER);
    }
  },
);

test('a file is read to the size that it had, and to the limit', async () => {
  const file = join(folder, 'long');
  await writeFile(file, 'x'.repeat(50));
  await expect(readRegular(file, 49)).rejects.toThrow(`${file}: it has 50 bytes, at most 49 are allowed`);
  expect((await readRegular(file, 50)).length).toBe(50);
  expect((await readBeginning(file, 3)).toString()).toBe('xxx');
});

test('a sparse file of a terabyte is not read', async () => {
  const file = join(folder, 'config.json');
  await (await open(file, 'w')).close();
  await truncate(file, 2 ** 40);
  expect(await readConfig(file)).toBeUndefined();
});

test('JSON that nests too deep is refused', async () => {
  const file = join(folder, 'adapter_config.json');
  await writeFile(file, '['.repeat(1 << 20));
  await expect(readJson(file, 1 << 20)).rejects.toThrow('it nests deeper than 64 levels');
});
